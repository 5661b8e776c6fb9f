package dev.tomte.home.origin;

import dev.tomte.home.HeldKey;
import dev.tomte.home.Keeper;
import dev.tomte.home.frames.LockCall;
import dev.tomte.linux.Errno;
import dev.tomte.linux.Fd;
import java.io.IOException;
import java.util.List;

/**
 * Open files with locks on their way from one session to the next, or home: what passes is the open file itself, so that
 * there is no moment at which nobody holds its locks.
 */
final class HeldLocks {
    private static final int IN_HEADER = 32;

    private final Handles handles;
    private final FileLocks locks;
    private final Keeper keeper;
    private final String prefix;

    HeldLocks(Handles handles, FileLocks locks, Keeper keeper, String prefix) {
        this.handles = handles;
        this.locks = locks;
        this.keeper = keeper;
        this.prefix = prefix;
    }

    static boolean concerns(Request request) throws Refused {
        int command = request.u32(12);
        return command == LockCall.LOOK || command == LockCall.HOLD || command == LockCall.ADOPT;
    }

    /** @param next whether it is a restore that asks, and the process has not run yet */
    void ioctl(Call call, Node node, boolean next) throws Refused, Errno {
        Request request = call.request;
        Handle handle = handles.get(request.u64(0), node, false);
        call.identity.root();
        try {
            switch (request.u32(12)) {
                case LockCall.LOOK -> look(call, handle);
                case LockCall.HOLD -> {
                    hold(handle, key(request));
                    call.reply.zeros(16);
                }
                default -> {
                    if (!next) throw new Refused(Errno.EPERM);
                    adopt(call, handle, key(request));
                    call.reply.zeros(16);
                }
            }
        } catch (Errno e) {
            throw e;
        } catch (IOException e) {
            throw new Refused(Errno.ENOLCK);
        }
    }

    private static String key(Request request) throws Refused {
        if (request.size(24, 8) != 8) throw new Refused(Errno.EINVAL);
        int pid = request.u32(IN_HEADER);
        int number = request.u32(IN_HEADER + 4);
        if (pid <= 0 || number < 0) throw new Refused(Errno.EINVAL);
        return HeldKey.of(pid, number);
    }

    private void look(Call call, Handle handle) throws Refused {
        if (call.request.size(28, 16) != 16) throw new Refused(Errno.EINVAL);
        call.reply
                .zeros(16)
                .u64(handle.id)
                .u32(locks.own(handle, handle.asker))
                .u32(locks.others(handle, handle.asker));
    }

    private void hold(Handle handle, String key) throws Refused, IOException {
        if (locks.own(handle, handle.asker) == 0) throw new Refused(Errno.ENOLCK);
        SharedFd file = handle.locks();
        if (!file.hold()) throw new Refused(Errno.EBADF);
        try (file) {
            handle.held.add(key);
            keeper.keep(key, List.of(file.fd()));
        }
    }

    private void adopt(Call call, Handle handle, String key) throws Refused, IOException {
        List<Fd> kept = keeper.take(key);
        if (kept.isEmpty()) throw new Refused(Errno.ENOLCK);
        SharedFd file = new SharedFd(kept.getFirst());
        if (call.stat.of(file.value()) < 0
                || call.stat.inode() != handle.node.inode
                || call.stat.device() != handle.node.device) {
            file.close();
            throw new Refused(Errno.ESTALE);
        }
        // it outlives this JVM before it counts
        keeper.keep(adoptedKey(handle.id), List.of(file.fd()));
        handle.adopt(file);
        locks.adopted(handle, handle.asker);
    }

    private String adoptedKey(long handle) {
        return prefix + Long.toHexString(handle);
    }

    /** RELEASE: neither what it has adopted is needed any more, nor what was kept of it for a move that did not happen. */
    void released(Handle handle) throws Errno {
        try {
            if (handle.hasAdopted()) keeper.drop(adoptedKey(handle.id));
            for (String key : handle.held) keeper.drop(key);
        } catch (Errno e) {
            throw e;
        } catch (IOException e) {
            throw new Errno("let go of held locks", Errno.EIO);
        }
    }

    /** Takes up what an earlier life of this JVM has adopted; the handles are there already. */
    void restore() throws IOException {
        // for what was kept for a move it is not known any more when to let go; the move is told, and undone
        HeldKey.dropAll(keeper);
        for (String key : keeper.keys(prefix)) {
            Handle handle = handles.peek(Long.parseUnsignedLong(key.substring(prefix.length()), 16));
            List<Fd> kept = keeper.take(key);
            if (kept.isEmpty()) continue;
            SharedFd file = new SharedFd(kept.getFirst());
            if (handle == null) file.close();
            else handle.adopt(file);
        }
    }
}
