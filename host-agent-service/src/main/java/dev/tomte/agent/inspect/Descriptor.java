package dev.tomte.agent.inspect;

import dev.tomte.linux.ProcFs;
import java.util.Optional;
import java.util.Set;

/** What an open descriptor leads to, by what /proc says of it. */
final class Descriptor {
    private static final Set<String> PLAIN_DEVICES =
            Set.of("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom");
    private static final Set<String> PLAIN_INODES = Set.of("[eventfd]", "[eventpoll]", "[signalfd]", "[timerfd]");

    private Descriptor() {}

    /** What it is, if that cannot move. */
    static Optional<String> obstacle(ProcFs process, String target) {
        if (target.startsWith("/")) return file(target);
        if (target.startsWith("pipe:")) return Optional.empty();
        if (target.startsWith("socket:")) return Socket.obstacle(process, inode(target));
        if (target.startsWith("anon_inode:")) return inodeWithoutName(target.substring(11));
        return Optional.of("'" + target + "', which is of a kind that does not move,");
    }

    private static Optional<String> file(String path) {
        if (path.startsWith("/memfd:")) return Optional.empty();
        if (!path.startsWith("/dev/") || PLAIN_DEVICES.contains(path)) return Optional.empty();
        if (path.startsWith("/dev/pts/") || path.equals("/dev/tty") || path.equals("/dev/ptmx"))
            return Optional.of("the terminal " + path);
        // Shared memory without a name any more is in the checkpoint; what has one is the home's.
        if (path.startsWith("/dev/shm/")) return Optional.of("the shared memory " + path);
        return Optional.of("the device " + path);
    }

    private static Optional<String> inodeWithoutName(String kind) {
        if (PLAIN_INODES.contains(kind)) return Optional.empty();
        return Optional.of(
                switch (kind) {
                    case "inotify" -> "a watch of files (inotify)";
                    case "[io_uring]" -> "an io_uring";
                    default -> "'" + kind + "', which is of a kind that does not move,";
                });
    }

    private static String inode(String target) {
        return target.substring(target.indexOf('[') + 1, target.length() - 1);
    }
}
