package dev.tomte.home.origin;

import dev.tomte.home.HeldKey;
import dev.tomte.home.Keeper;
import dev.tomte.home.frames.LockCall;
import dev.tomte.linux.Errno;
import dev.tomte.linux.Fd;
import java.io.IOException;
import java.util.List;
import java.util.Map;

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
        return LockCall.is(request.u32(12));
    }

    /** @param next whether it is a restore that asks, and the process has not run yet */
    void ioctl(Call call, Node node, boolean next) throws Refused, Errno {
        Request request = call.request;
        Handle handle = handles.get(request.u64(0), node, false);
        call.identity.root();
        try {
            switch (request.u32(12)) {
                case LockCall.LOOK -> look(call, handle);
                case LockCall.PROCESSES -> processes(call, handle);
                case LockCall.HOLD -> {
                    hold(handle, key(request));
                    call.reply.zeros(16);
                }
                case LockCall.HOLD_PROCESS -> {
                    holdProcess(request, handle);
                    call.reply.zeros(16);
                }
                default -> {
                    if (!next) throw new Refused(Errno.EPERM);
                    if (request.u32(12) == LockCall.ADOPT) adopt(call, handle, key(request));
                    else adoptProcess(call, handle);
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

    /** Whose POSIX locks a request is about: {pid u32, descriptor u32, process u32}. */
    private static String processKey(Request request) throws Refused {
        if (request.size(24, 12) != 12) throw new Refused(Errno.EINVAL);
        int pid = request.u32(IN_HEADER);
        int number = request.u32(IN_HEADER + 4);
        if (pid <= 0 || number < 0 || process(request) <= 0) throw new Refused(Errno.EINVAL);
        return HeldKey.ofProcess(pid, number);
    }

    private static int process(Request request) throws Refused {
        return request.u32(IN_HEADER + 8);
    }

    private void processes(Call call, Handle handle) throws Refused {
        int room = call.request.size(28, LockCall.PROCESSES_BYTES);
        Map<Integer, Integer> processes = locks.processes(handle, handle.asker);
        if (processes.size() * 8 > room) throw new Refused(Errno.ERANGE);
        call.reply.zeros(16);
        processes.forEach((process, count) -> call.reply.u32(process).u32(count));
    }

    private void holdProcess(Request request, Handle handle) throws Refused, IOException {
        String key = processKey(request);
        SharedFd file = locks.of(handle, process(request));
        if (file == null) throw new Refused(Errno.ENOLCK);
        if (!file.hold()) throw new Refused(Errno.EBADF);
        try (file) {
            keep(handle, key, file);
        }
    }

    private void adoptProcess(Call call, Handle handle) throws Refused, IOException {
        locks.adopted(handle, handle.asker, taken(call, handle, processKey(call.request)), process(call.request));
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
            keep(handle, key, file);
        }
    }

    /** What is kept under that name, of the same file. */
    private SharedFd taken(Call call, Handle handle, String key) throws Refused, IOException {
        List<Fd> kept = keeper.take(key);
        if (kept.isEmpty()) throw new Refused(Errno.ENOLCK);
        SharedFd file = new SharedFd(kept.getFirst());
        if (call.stat.of(file.value()) < 0
                || call.stat.inode() != handle.node.inode
                || call.stat.device() != handle.node.device) {
            file.close();
            throw new Refused(Errno.ESTALE);
        }
        return file;
    }

    /** Until the move is decided, or the handle closed. */
    private void keep(Handle handle, String key, SharedFd file) throws Refused, IOException {
        if (handle.held.size() >= Limits.HELD && !handle.held.contains(key)) throw new Refused(Errno.ENOLCK);
        handle.held.add(key);
        keeper.keep(key, List.of(file.fd()));
    }

    private void adopt(Call call, Handle handle, String key) throws Refused, IOException {
        SharedFd file = taken(call, handle, key);
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
        HeldKey.dropFiles(keeper);
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
