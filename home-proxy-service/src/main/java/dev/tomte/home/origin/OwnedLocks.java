package dev.tomte.home.origin;

import dev.tomte.linux.Fd;
import java.util.Arrays;

/**
 * A descriptor with one owner's locks on a file.
 *
 * @param handle the number of the handle through which it came to hold some
 * @param process who asked first, as the guest's host numbers processes; 0 if that is not known
 */
record OwnedLocks(SharedFd fd, long handle, Kind kind, int process) {
    enum Kind {
        /** A duplicate of the handle's own. */
        SHARED("s"),
        PRIVATE("p"),
        /** Private, and the locks are a process's at home yet. */
        AWAITED("w");

        private final String word;

        Kind(String word) {
            this.word = word;
        }

        private static Kind of(String word) {
            return Arrays.stream(values())
                    .filter(kind -> kind.word.equals(word))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("no locks are kept as " + word));
        }
    }

    boolean shared() {
        return kind == Kind.SHARED;
    }

    boolean awaited() {
        return kind == Kind.AWAITED;
    }

    /** Those that have come meanwhile. */
    OwnedLocks arrived() {
        return new OwnedLocks(fd, handle, Kind.PRIVATE, process);
    }

    /** By what it is known in the home stub, and what it tells there to a later life of this JVM. */
    String key(long node, long owner) {
        return Long.toHexString(node) + "-" + Long.toHexString(owner) + "-" + Long.toHexString(handle) + "-" + kind.word
                + "-" + Integer.toHexString(process);
    }

    /** Whose locks are under a key. */
    record Key(long node, long owner, long handle, Kind kind, int process) {
        static Key of(String key) {
            String[] parts = key.split("-", 5);
            return new Key(
                    Long.parseUnsignedLong(parts[0], 16),
                    Long.parseUnsignedLong(parts[1], 16),
                    Long.parseUnsignedLong(parts[2], 16),
                    Kind.of(parts[3]),
                    // who asked is not known of what an older version has kept
                    parts.length > 4 ? Integer.parseUnsignedInt(parts[4], 16) : 0);
        }

        OwnedLocks on(Fd kept) {
            return new OwnedLocks(new SharedFd(kept), handle, kind, process);
        }
    }
}
