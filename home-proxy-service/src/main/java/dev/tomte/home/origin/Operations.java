package dev.tomte.home.origin;

import dev.tomte.home.frames.Delegated;
import dev.tomte.home.frames.Fuse;
import dev.tomte.linux.Errno;

/** Every operation of the kernel's FUSE protocol, and as whom it is carried out at home. Any thread may call. */
final class Operations {
    private final HomePod pod;
    private final Nodes nodes;
    private final Handles handles;
    private final FileLocks locks;
    private final HeldLocks heldLocks;
    private final LockWaiters lockWaiters;
    private final Delegations delegations;
    private final Watch watch;
    private final Attributes attributes;
    private final Names names;
    private final OpenFiles openFiles;
    private final Directories directories;
    private final ExtendedAttributes extendedAttributes;
    private final InodeFlags inodeFlags;

    /** @param volumes what {@link Fuse#VOLUMES} says */
    Operations(
            HomePod pod,
            byte[] volumes,
            Nodes nodes,
            Handles handles,
            FileLocks locks,
            HeldLocks heldLocks,
            LockWaiters lockWaiters,
            Delegations delegations,
            Answers answers,
            Watch watch) {
        this.pod = pod;
        this.nodes = nodes;
        this.handles = handles;
        this.locks = locks;
        this.heldLocks = heldLocks;
        this.lockWaiters = lockWaiters;
        this.delegations = delegations;
        this.watch = watch;
        attributes = new Attributes(nodes, handles, watch);
        names = new Names(nodes, attributes, answers, watch);
        openFiles = new OpenFiles(nodes, handles, attributes, answers, watch, locks, delegations);
        directories = new Directories(nodes, handles, attributes, names, watch);
        extendedAttributes = new ExtendedAttributes(nodes, volumes);
        inodeFlags = new InodeFlags(handles);
    }

    static boolean isSilent(int opcode) {
        return opcode == Fuse.FORGET || opcode == Fuse.BATCH_FORGET || opcode == Fuse.INTERRUPT;
    }

    /** Requests that would do something else the second time, or count twice. */
    static boolean mustBeRemembered(int opcode) {
        return switch (opcode) {
            case Fuse.LOOKUP,
                    Fuse.SYMLINK,
                    Fuse.MKNOD,
                    Fuse.MKDIR,
                    Fuse.UNLINK,
                    Fuse.RMDIR,
                    Fuse.RENAME,
                    Fuse.RENAME2,
                    Fuse.LINK,
                    Fuse.OPEN,
                    Fuse.OPENDIR,
                    Fuse.CREATE,
                    Fuse.TMPFILE,
                    Fuse.WRITE,
                    Fuse.RELEASE,
                    Fuse.RELEASEDIR,
                    Fuse.SETXATTR,
                    Fuse.REMOVEXATTR,
                    Fuse.COPY_FILE_RANGE -> true;
            default -> false;
        };
    }

    /** As whom a request touches files: what goes through a handle is the process's, whoever's thread carries it. */
    private void identify(Call call, boolean next) throws Refused, Errno {
        int uid = call.request.uid();
        switch (call.request.opcode()) {
            // they touch no file, and speak to the stub
            case Fuse.RELEASE, Fuse.RELEASEDIR, Fuse.FLUSH -> call.identity.root();
            case Fuse.READ, Fuse.WRITE, Fuse.FSYNC, Fuse.FSYNCDIR, Fuse.IOCTL ->
                call.identity.user(pod.uid(), pod.gid(), pod.groups());
            default -> {
                if (uid == 0 && next) call.identity.root();
                else if (uid == pod.uid() || uid == 0) call.identity.user(pod.uid(), pod.gid(), pod.groups());
                else throw new Refused(Errno.EACCES);
            }
        }
    }

    /**
     * Carries out a request.
     *
     * @param next whether it is a restore that asks, and the process has not run yet
     * @param connection where an answer goes that comes later
     * @return whether the reply is complete; false: there is none, or it comes later
     */
    boolean carryOut(Call call, boolean next, Connection connection) throws Refused, Errno {
        Request request = call.request;
        switch (request.opcode()) {
            case Fuse.FORGET -> forget(request.node(), request.u64(0));
            case Fuse.BATCH_FORGET -> {
                int count = request.size(0, (request.bodyBytes() - 8) / 16);
                for (int i = 0; i < count; i++) forget(request.u64(8 + 16 * i), request.u64(16 + 16 * i));
            }
            case Fuse.INTERRUPT -> lockWaiters.interrupt(request.u64(0));
            case Fuse.INIT -> Init.answer(call, watch.works());
            case Fuse.DESTROY -> {}
            default -> {
                Node node = nodes.get(request.node());
                if (concernsLocks(request)) handles.separate(call, request.u64(0), node);
                identify(call, next);
                return carryOut(call, node, next, connection);
            }
        }
        return !isSilent(request.opcode());
    }

    private void forget(long node, long lookups) {
        nodes.forget(node, lookups);
        delegations.forgotten(node);
    }

    private static boolean concernsLocks(Request request) throws Refused {
        return switch (request.opcode()) {
            case Fuse.GETLK, Fuse.SETLK, Fuse.SETLKW -> true;
            case Fuse.IOCTL -> HeldLocks.concerns(request);
            default -> false;
        };
    }

    private boolean carryOut(Call call, Node node, boolean next, Connection connection) throws Refused, Errno {
        Request request = call.request;
        switch (request.opcode()) {
            case Fuse.LOOKUP -> names.lookup(call, node);
            case Fuse.GETATTR -> attributes.get(call, node);
            case Fuse.STATX -> attributes.statx(call, node);
            case Fuse.SETATTR -> attributes.set(call, node);
            case Fuse.READLINK -> names.readlink(call, node);
            case Fuse.SYMLINK -> names.symlink(call, node);
            case Fuse.MKNOD -> names.mknod(call, node);
            case Fuse.MKDIR -> names.mkdir(call, node);
            case Fuse.UNLINK -> names.remove(call, node, false);
            case Fuse.RMDIR -> names.remove(call, node, true);
            case Fuse.RENAME -> names.rename(call, node, 8, 0);
            case Fuse.RENAME2 -> names.rename(call, node, 16, request.u32(8));
            case Fuse.LINK -> names.link(call, node);
            case Fuse.OPEN -> openFiles.open(call, node, call.opensDelegated && !next);
            case Fuse.READ -> openFiles.read(call, node);
            case Fuse.WRITE -> openFiles.write(call, node);
            case Fuse.STATFS -> attributes.statfs(call, node);
            case Fuse.RELEASE -> {
                Handle handle = handles.get(request.u64(0), node, false);
                // of an open by a delegation nothing is left but what others have too
                if (!Delegated.is(handle.id)) {
                    locks.released(handle);
                    heldLocks.released(handle);
                    handles.close(handle);
                }
            }
            case Fuse.RELEASEDIR -> handles.close(handles.get(request.u64(0), node, true));
            case Fuse.FSYNC -> openFiles.fsync(call, node, false);
            case Fuse.FSYNCDIR -> openFiles.fsync(call, node, true);
            case Fuse.SETXATTR -> extendedAttributes.set(call, node);
            case Fuse.GETXATTR -> extendedAttributes.get(call, node);
            case Fuse.LISTXATTR -> extendedAttributes.list(call, node);
            case Fuse.REMOVEXATTR -> extendedAttributes.remove(call, node, pod.uid());
            case Fuse.FLUSH -> {
                openFiles.flushed(call, node);
                locks.release(node, request.u64(16), !next);
            }
            case Fuse.OPENDIR -> directories.open(call, node);
            case Fuse.READDIR -> directories.read(call, node, false);
            case Fuse.READDIRPLUS -> directories.read(call, node, true);
            case Fuse.GETLK -> locks.query(call, node);
            case Fuse.SETLK, Fuse.SETLKW -> {
                FileLocks.Attempt attempt = locks.attempt(call, node, request.opcode() == Fuse.SETLKW);
                long result = attempt.run();
                if (result == FileLocks.BUSY) {
                    lockWaiters.add(request.unique(), attempt, connection);
                    return false;
                }
                Refused.check(result);
            }
            case Fuse.ACCESS -> attributes.access(call, node);
            case Fuse.CREATE -> openFiles.create(call, node);
            case Fuse.FALLOCATE -> openFiles.fallocate(call, node);
            case Fuse.LSEEK -> openFiles.seek(call, node);
            case Fuse.COPY_FILE_RANGE -> openFiles.copyRange(call, node);
            case Fuse.TMPFILE -> openFiles.temporary(call, node);
            case Fuse.IOCTL -> {
                if (HeldLocks.concerns(request)) heldLocks.ioctl(call, node, next);
                else inodeFlags.ioctl(call, node);
            }
            default -> throw new Refused(Errno.ENOSYS);
        }
        return true;
    }
}
