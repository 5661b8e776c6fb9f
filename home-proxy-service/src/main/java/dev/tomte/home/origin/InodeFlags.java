package dev.tomte.home.origin;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.tomte.linux.Errno;
import dev.tomte.linux.FileCalls;
import java.lang.foreign.MemorySegment;

/** The ioctls that make sense for files of another kernel: an inode's flags, as lsattr(1) and chattr(1) use them. */
final class InodeFlags {
    /** FS_IOC_GETFLAGS, FS_IOC_SETFLAGS, FS_IOC_FSGETXATTR, FS_IOC_FSSETXATTR and FS_IOC_GETVERSION of linux/fs.h. */
    private static final int GET_FLAGS = 0x80086601;

    private static final int SET_FLAGS = 0x40086602;
    private static final int GET_MORE = 0x801c581f;
    private static final int SET_MORE = 0x401c5820;
    private static final int GET_VERSION = 0x80087601;
    private static final int IN_HEADER = 32;

    private final Handles handles;

    InodeFlags(Handles handles) {
        this.handles = handles;
    }

    void ioctl(Call call, Node node) throws Refused {
        Request request = call.request;
        int command = request.u32(12);
        int bytes = command >>> 16 & 0x3fff;
        boolean sets = command == SET_FLAGS || command == SET_MORE;
        boolean gets = command == GET_FLAGS || command == GET_MORE || command == GET_VERSION;
        if (!sets && !gets) throw new Refused(Errno.ENOTTY);
        MemorySegment argument = call.scratch.asSlice(0, bytes).fill((byte) 0);
        // the kernel's own callers of the first two give four bytes where the number says eight
        int given = request.size(24, bytes);
        int wanted = request.size(28, bytes);
        if (sets) MemorySegment.copy(request.bytes(IN_HEADER, given), 0, argument, JAVA_BYTE, 0, given);
        try (SharedFd fd = Handles.use(handles.get(request.u64(0), node))) {
            long result = Refused.check(FileCalls.ioctl(fd.value(), command, argument.address()));
            call.reply.u32((int) result).zeros(12);
        }
        if (gets) call.reply.bytes(argument.asSlice(0, wanted).toArray(JAVA_BYTE));
    }
}
