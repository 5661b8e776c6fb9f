package dev.tomte.home.origin;

import dev.tomte.home.frames.Fuse;
import dev.tomte.linux.Errno;
import dev.tomte.linux.FileCalls;
import dev.tomte.linux.OpenAt;
import dev.tomte.linux.Stat;
import dev.tomte.linux.ThreadIdentity;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Names in directories: LOOKUP and everything that makes, moves or removes one. */
final class Names {
    private static final int RENAME_NOREPLACE = 1;
    private static final int RENAME_EXCHANGE = 2;
    private static final byte[] ROOT_AGAIN = Fuse.ROOT_AGAIN_NAME.getBytes(StandardCharsets.US_ASCII);

    private final Nodes nodes;
    private final Attributes attributes;
    private final Answers answers;
    private final Watch watch;

    Names(Nodes nodes, Attributes attributes, Answers answers, Watch watch) {
        this.nodes = nodes;
        this.attributes = attributes;
        this.answers = answers;
        this.watch = watch;
    }

    void lookup(Call call, Node parent) throws Refused {
        int bytes = call.request.nameBytes(0);
        byte[] name = call.request.bytes(0, bytes);
        if (call.request.node() == Fuse.ROOT && Arrays.equals(name, ROOT_AGAIN)) {
            rootAgain(call, parent);
            return;
        }
        try (SharedFd directory = nodes.open(parent)) {
            watch.see(call, parent, directory.value());
            lookup(call, parent, directory, call.request.address(0, bytes + 1), name);
        } catch (Refused e) {
            if (e.errno() != Errno.ENOENT) throw e;
            nodes.absent(parent, name);
            Attributes.noEntry(call.reply, parent);
        }
    }

    private void rootAgain(Call call, Node root) throws Refused {
        try (SharedFd path = nodes.open(root)) {
            watch.see(call, root, path.value());
            Refused.check(call.stat.of(path.value()));
            call.rareAttributes.look(call, root, path.value());
        }
        attributes.entry(call.reply, Fuse.ROOT_AGAIN, root, call.stat);
    }

    /** Finds a name and writes its entry. */
    Node lookup(Call call, Node parent, SharedFd directory, long name, byte[] nameBytes) throws Refused {
        SharedFd path = new SharedFd(
                (int) Refused.check(OpenAt.beneath(directory.value(), name, OpenAt.O_PATH | OpenAt.O_NOFOLLOW, 0)));
        long result = call.stat.of(path.value());
        if (result < 0) {
            path.close();
            throw new Refused((int) -result);
        }
        boolean barred =
                parent.barred || (call.stat.device() != parent.device && Nodes.barred(path.value(), call.scratch));
        path.hold();
        try (path) {
            Node node = nodes.found(parent, nameBytes, call.stat, barred, path);
            // what is said of it must have been looked at after it is watched
            if (watch.see(call, node, path.value())) Refused.check(call.stat.of(path.value()));
            call.rareAttributes.look(call, node, path.value());
            attributes.entry(call.reply, node, call.stat);
            return node;
        }
    }

    /** What the name stands for, as the note that is made before something is done about it. */
    private static Intent present(Call call, SharedFd directory, long name) {
        return call.otherStat.at(directory.value(), name) < 0
                ? Intent.ABSENT
                : new Intent(call.otherStat.device(), call.otherStat.inode(), 0);
    }

    /** Makes something with the caller's umask, which counts unless the directory has a default ACL. */
    static long masked(int mask, LongSupplier making) {
        ThreadIdentity.umask(mask);
        try {
            return making.getAsLong();
        } finally {
            ThreadIdentity.umask(0);
        }
    }

    private interface Making {
        long make(SharedFd directory, long name);
    }

    private void make(Call call, Node parent, int nameAt, Making making) throws Refused {
        int bytes = call.request.nameBytes(nameAt);
        long name = call.request.address(nameAt, bytes + 1);
        try (SharedFd directory = nodes.open(parent)) {
            long unique = call.request.unique();
            watch.see(call, parent, directory.value());
            Intent earlier = answers.earlier(unique);
            Intent now = present(call, directory, name);
            boolean made = earlier != null && !earlier.existed() && now.existed();
            if (!made) {
                answers.intend(unique, now);
                Refused.check(making.make(directory, name));
            }
            lookup(call, parent, directory, name, call.request.bytes(nameAt, bytes));
        }
    }

    void mkdir(Call call, Node parent) throws Refused {
        int mode = call.request.u32(0) & 07777;
        int mask = call.request.u32(4) & 0777;
        make(
                call,
                parent,
                8,
                (directory, name) -> masked(mask, () -> FileCalls.mkdirat(directory.value(), name, mode)));
    }

    void mknod(Call call, Node parent) throws Refused {
        int mode = call.request.u32(0);
        int type = mode & Stat.S_IFMT;
        if (type != Stat.S_IFREG && type != Stat.S_IFIFO && type != Stat.S_IFSOCK) throw new Refused(Errno.EPERM);
        int mask = call.request.u32(8) & 0777;
        make(
                call,
                parent,
                16,
                (directory, name) ->
                        masked(mask, () -> FileCalls.mknodat(directory.value(), name, type | (mode & 07777), 0)));
    }

    void symlink(Call call, Node parent) throws Refused {
        int bytes = call.request.nameBytes(0);
        int targetBytes = call.request.textBytes(bytes + 1, 4096);
        long target = call.request.address(bytes + 1, targetBytes + 1);
        make(call, parent, 0, (directory, name) -> FileCalls.symlinkat(target, directory.value(), name));
    }

    void link(Call call, Node parent) throws Refused {
        Node existing = nodes.get(call.request.u64(0));
        try (SharedFd file = nodes.open(existing)) {
            long path = call.pathOf(file.value());
            make(
                    call,
                    parent,
                    8,
                    (directory, name) -> FileCalls.linkat(
                            FileCalls.AT_FDCWD, path, directory.value(), name, FileCalls.AT_SYMLINK_FOLLOW));
        }
    }

    void remove(Call call, Node parent, boolean isDirectory) throws Refused {
        int bytes = call.request.nameBytes(0);
        long name = call.request.address(0, bytes + 1);
        try (SharedFd directory = nodes.open(parent)) {
            long unique = call.request.unique();
            Intent earlier = answers.earlier(unique);
            Intent now = present(call, directory, name);
            if (earlier != null && earlier.existed() && !now.existed()) return;
            Node node = now.existed() ? nodes.find(call.otherStat) : null;
            answers.intend(unique, now);
            try (Pin pin = pin(node)) {
                Refused.check(FileCalls.unlinkat(directory.value(), name, isDirectory ? FileCalls.AT_REMOVEDIR : 0));
                if (node != null && pin.holds()) nodes.unlinked(parent, call.request.bytes(0, bytes), node);
            }
        }
    }

    /** Keeps a file reachable that loses its name: opened before, as it cannot be found after. */
    private record Pin(@Nullable SharedFd fd) implements AutoCloseable {
        boolean holds() {
            return true;
        }

        @Override
        public void close() {
            if (fd != null) fd.close();
        }
    }

    private Pin pin(@Nullable Node node) {
        if (node == null || node.barred) return new Pin(null);
        try {
            return new Pin(nodes.open(node));
        } catch (Refused e) {
            return new Pin(null);
        }
    }

    void rename(Call call, Node parent, int namesAt, int flags) throws Refused {
        if ((flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE)) != 0) throw new Refused(Errno.EINVAL);
        Request request = call.request;
        Node newParent = nodes.get(request.u64(0));
        int bytes = request.nameBytes(namesAt);
        int newAt = namesAt + bytes + 1;
        int newBytes = request.nameBytes(newAt);
        long name = request.address(namesAt, bytes + 1);
        long newName = request.address(newAt, newBytes + 1);
        try (SharedFd from = nodes.open(parent);
                SharedFd to = nodes.open(newParent)) {
            long unique = request.unique();
            Intent earlier = answers.earlier(unique);
            Intent target = present(call, to, newName);
            Node replaced = target.existed() ? nodes.find(call.otherStat) : null;
            Intent source = present(call, from, name);
            Node moved = source.existed() ? nodes.find(call.otherStat) : null;
            boolean done = earlier != null && earlier.existed() && earlier.equals(target);
            if (!done) {
                answers.intend(unique, source);
                try (Pin pin = pin(replaced)) {
                    Refused.check(FileCalls.renameat2(from.value(), name, to.value(), newName, flags));
                    if (replaced != null && replaced != moved && pin.holds()) {
                        if ((flags & RENAME_EXCHANGE) != 0)
                            nodes.renamed(replaced, parent, request.bytes(namesAt, bytes));
                        else nodes.unlinked(newParent, request.bytes(newAt, newBytes), replaced);
                    }
                }
            } else moved = replaced;
            if (moved != null) nodes.renamed(moved, newParent, request.bytes(newAt, newBytes));
        }
    }

    void readlink(Call call, Node node) throws Refused {
        try (SharedFd path = nodes.open(node)) {
            call.reply.advance(Refused.check(FileCalls.readlinkat(path.value(), EMPTY, call.reply.address(), 4095)));
        }
    }

    private static final long EMPTY =
            java.lang.foreign.Arena.global().allocateFrom("").address();
}
