package dev.tomte.home.mount;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import dev.tomte.home.frames.Fuse;
import java.lang.foreign.MemorySegment;
import java.net.ProtocolException;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which files have a POSIX access list, as far as home has said: the kernel asks for each that it checks somebody else's
 * rights to, and need not wait for home to hear that there is none. Any thread may call.
 */
final class AccessLists {
    private static final long EVERY = 0;
    private static final int MOST = 1 << 17;
    private static final MemorySegment NAME =
            MemorySegment.ofArray("system.posix_acl_access\0".getBytes(StandardCharsets.US_ASCII));
    /** Behind the header: the size that the caller has room for, and padding. */
    private static final int NAME_AT = Fuse.IN_HEADER + 8;

    private final Set<Long> known = ConcurrentHashMap.newKeySet();
    /** What an earlier life of this JVM was told is not known. */
    private final boolean heardAll;

    private volatile boolean told;

    /** @param heardAll whether the mount is a new one, of which nobody was told anything before */
    AccessLists(boolean heardAll) {
        this.heardAll = heardAll;
    }

    /** Home tells of files with lists, from the first that the kernel hears of. */
    void areTold() {
        told = heardAll;
    }

    /** Takes in a notice of home's. */
    void take(MemorySegment notice) throws ProtocolException {
        if ((notice.byteSize() - Fuse.OUT_HEADER) % 8 != 0) throw new ProtocolException("an odd notice");
        for (long at = Fuse.OUT_HEADER; at < notice.byteSize(); at += 8)
            known.add(known.size() < MOST ? notice.get(JAVA_LONG_UNALIGNED, at) : EVERY);
    }

    /**
     * Whether a request asks for the access list of a file that has none.
     *
     * @param request what begins with the request
     * @param bytes how long that is
     */
    boolean isOfNone(MemorySegment request, long bytes) {
        return told
                && bytes == NAME_AT + NAME.byteSize()
                && request.get(JAVA_INT_UNALIGNED, 4) == Fuse.GETXATTR
                && MemorySegment.mismatch(request, NAME_AT, bytes, NAME, 0, NAME.byteSize()) < 0
                && !known.contains(request.get(JAVA_LONG_UNALIGNED, 16))
                && !known.contains(EVERY);
    }
}
