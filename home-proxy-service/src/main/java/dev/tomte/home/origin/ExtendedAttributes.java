package dev.tomte.home.origin;

import dev.tomte.home.frames.Fuse;
import dev.tomte.linux.Errno;
import dev.tomte.linux.FileCalls;
import dev.tomte.linux.Stat;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Extended attributes. A symbolic link has none that could be reached through a descriptor. */
final class ExtendedAttributes {
    private static final int MAX_NAME = 255;
    private static final byte[] ACCESS_LIST = "system.posix_acl_access".getBytes(StandardCharsets.US_ASCII);

    private static final byte[] VOLUMES = Fuse.VOLUMES.getBytes(StandardCharsets.US_ASCII);

    private static final byte[] CAPABILITY = "security.capability".getBytes(StandardCharsets.US_ASCII);
    private static final long EMPTY = Arena.global().allocateFrom("").address();
    private static final int W_OK = 2;
    private static final int AT_EACCESS = 0x200;

    private final Nodes nodes;
    private final byte[] volumes;

    /** @param volumes the value of {@link Fuse#VOLUMES}; not to be changed */
    ExtendedAttributes(Nodes nodes, byte[] volumes) {
        this.nodes = nodes;
        this.volumes = volumes;
    }

    private SharedFd open(Node node) throws Refused {
        if (node.type == Stat.S_IFLNK) throw new Refused(Errno.EOPNOTSUPP);
        return nodes.open(node);
    }

    /** A file system without access lists refuses that it is asked for them; a kernel that asks would refuse the file. */
    private static boolean isAccessList(Call call, int nameBytes) throws Refused {
        return Arrays.equals(call.request.bytes(8, nameBytes), ACCESS_LIST);
    }

    void set(Call call, Node node) throws Refused {
        Request request = call.request;
        int size = request.size(0, Call.SCRATCH_BYTES);
        int nameBytes = request.textBytes(8, MAX_NAME);
        long name = request.address(8, nameBytes + 1);
        long value = request.address(8 + nameBytes + 1, size);
        try (SharedFd path = open(node)) {
            Refused.check(FileCalls.setxattr(call.pathOf(path.value()), name, value, size, request.u32(4)));
            call.rareAttributes.look(call, node, path.value());
        }
    }

    void get(Call call, Node node) throws Refused {
        int size = call.request.size(0, Call.SCRATCH_BYTES);
        int nameBytes = call.request.textBytes(8, MAX_NAME);
        long name = call.request.address(8, nameBytes + 1);
        if (call.request.node() == Fuse.ROOT && Arrays.equals(call.request.bytes(8, nameBytes), VOLUMES)) {
            if (size < volumes.length) throw new Refused(Errno.ERANGE);
            call.reply.bytes(volumes);
            return;
        }
        boolean accessList = isAccessList(call, nameBytes);
        if (accessList && node.barred) throw new Refused(Errno.ENODATA);
        try (SharedFd path = open(node)) {
            long result = FileCalls.getxattr(call.pathOf(path.value()), name, call.scratch.address(), size);
            answer(call, size, accessList && result == -Errno.EOPNOTSUPP ? -Errno.ENODATA : result);
        }
    }

    void list(Call call, Node node) throws Refused {
        int size = call.request.size(0, Call.SCRATCH_BYTES);
        try (SharedFd path = open(node)) {
            answer(call, size, FileCalls.listxattr(call.pathOf(path.value()), call.scratch.address(), size));
        }
    }

    /** The value, or only its size if that was what the caller asked for. */
    private static void answer(Call call, int size, long result) throws Refused {
        Refused.check(result);
        if (size == 0) call.reply.u32((int) result).u32(0);
        else call.reply.bytes(call.scratch.asSlice(0, result).toArray(java.lang.foreign.ValueLayout.JAVA_BYTE));
    }

    /**
     * Removes one. A program's capabilities only who has CAP_SETFCAP may remove, and no guest has; but its kernel does so,
     * in its user's name, when the user writes to the file or gives it away, as home's kernel would.
     *
     * @param user who the guest is at home
     */
    void remove(Call call, Node node, int user) throws Refused, Errno {
        int nameBytes = call.request.textBytes(0, MAX_NAME);
        long name = call.request.address(0, nameBytes + 1);
        try (SharedFd path = open(node)) {
            long file = call.pathOf(path.value());
            long result = FileCalls.removexattr(file, name);
            if (result == -Errno.EPERM
                    && Arrays.equals(call.request.bytes(0, nameBytes), CAPABILITY)
                    && node.isRegular()
                    && couldTakeCapabilityAway(call, path, user))
                result = call.identity.asRoot(() -> FileCalls.removexattr(file, name));
            Refused.check(result);
        }
    }

    /** By a write, or as the owner by a chown. */
    private static boolean couldTakeCapabilityAway(Call call, SharedFd path, int user) {
        int flags = FileCalls.AT_EMPTY_PATH | AT_EACCESS;
        return FileCalls.faccessat2(path.value(), EMPTY, W_OK, flags) == 0
                || (call.stat.of(path.value()) == 0 && call.stat.uid() == user);
    }
}
