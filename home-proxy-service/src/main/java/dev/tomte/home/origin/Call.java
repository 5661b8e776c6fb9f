package dev.tomte.home.origin;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.tomte.linux.Errno;
import dev.tomte.linux.Stat;
import dev.tomte.linux.ThreadIdentity;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** What a connection's thread needs to carry out one request after another: made once, used for all. */
final class Call {
    /** The largest extended attribute, and list of them, that Linux has. */
    static final int SCRATCH_BYTES = 64 << 10;

    final Request request;
    final Reply reply;
    final Stat stat = new Stat();
    final Stat otherStat = new Stat();
    final ThreadIdentity identity;

    /** For structures of system calls; no call keeps anything in it. */
    final MemorySegment scratch;

    /** What the guest's agent is told of files' rare attributes. */
    final RareAttributes rareAttributes = new RareAttributes();

    /** What the guest's agent is told after the answer: it opens that file by itself. */
    @Nullable
    Offered offered;

    /** Whether the guest's agent does so at all. */
    boolean opensDelegated;

    private final MemorySegment path;

    /**
     * A file that the guest's agent is to open by itself.
     *
     * @param number its open file's
     * @param flags what such an open is answered, FOPEN_
     * @param most how many there may be of these
     */
    record Offered(long node, long number, int flags, int most) {}

    /** For the calling thread, which becomes the only one that may use it, as long as the arena is open. */
    Call(MemorySegment in, MemorySegment out, Arena arena) throws Errno {
        scratch = arena.allocate(SCRATCH_BYTES, 16);
        path = arena.allocate(512, 8);
        request = new Request(in);
        reply = new Reply(out);
        identity = ThreadIdentity.ofThisThread();
    }

    /** The address of a path by which a call reaches an open file, O_PATH or not. */
    long pathOf(int fd) {
        path.setString(0, "/proc/self/fd/" + fd, StandardCharsets.US_ASCII);
        return path.address();
    }

    /** The same of a name in an open directory. */
    long pathOf(int directory, byte[] name) {
        String start = "/proc/self/fd/" + directory + "/";
        path.setString(0, start, StandardCharsets.US_ASCII);
        MemorySegment.copy(name, 0, path, JAVA_BYTE, start.length(), name.length);
        path.set(JAVA_BYTE, (long) start.length() + name.length, (byte) 0);
        return path.address();
    }
}
