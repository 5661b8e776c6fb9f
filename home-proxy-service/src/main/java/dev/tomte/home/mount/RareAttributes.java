package dev.tomte.home.mount;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import dev.tomte.home.frames.Fuse;
import java.lang.foreign.MemorySegment;
import java.net.ProtocolException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * Which files have a POSIX access list or capabilities, as far as home has said: the kernel asks for the one of each that
 * it checks somebody else's rights to, for the other of each that is written to, and need not wait for home to hear that
 * there is none. Any thread may call.
 */
final class RareAttributes {
    private static final long EVERY = 0;
    private static final int MOST = 1 << 17;
    private static final List<MemorySegment> NAMES = Stream.of("system.posix_acl_access", "security.capability")
            .map(name -> MemorySegment.ofArray((name + "\0").getBytes(StandardCharsets.US_ASCII)))
            .toList();
    /** Behind the header: the size that the caller has room for, and padding. */
    private static final int NAME_AT = Fuse.IN_HEADER + 8;

    private final Set<Long> known = ConcurrentHashMap.newKeySet();
    /** What an earlier life of this JVM was told is not known. */
    private volatile boolean heardAll;

    private volatile boolean told;

    /** @param heardAll whether the mount is a new one, of which nobody was told anything before */
    RareAttributes(boolean heardAll) {
        this.heardAll = heardAll;
    }

    /** Home tells of files that have some, from the first that the kernel hears of. */
    void areTold() {
        told = heardAll;
    }

    /** Home is older than that, and what the kernel hears of now it never will tell, should it be replaced by a newer. */
    void areNotTold() {
        heardAll = false;
        told = false;
    }

    /** Takes in a notice of home's. */
    void take(MemorySegment notice) throws ProtocolException {
        if ((notice.byteSize() - Fuse.OUT_HEADER) % 8 != 0) throw new ProtocolException("an odd notice");
        for (long at = Fuse.OUT_HEADER; at < notice.byteSize(); at += 8)
            known.add(known.size() < MOST ? notice.get(JAVA_LONG_UNALIGNED, at) : EVERY);
    }

    /**
     * Whether a request asks for one of these attributes of a file that has none of them.
     *
     * @param request what begins with the request
     * @param bytes how long that is
     */
    boolean isOfNone(MemorySegment request, long bytes) {
        return told
                && request.get(JAVA_INT_UNALIGNED, 4) == Fuse.GETXATTR
                && isRare(request, bytes)
                && !known.contains(request.get(JAVA_LONG_UNALIGNED, 16))
                && !known.contains(EVERY);
    }

    private static boolean isRare(MemorySegment request, long bytes) {
        for (MemorySegment name : NAMES)
            if (bytes == NAME_AT + name.byteSize()
                    && MemorySegment.mismatch(request, NAME_AT, bytes, name, 0, name.byteSize()) < 0) return true;
        return false;
    }
}
