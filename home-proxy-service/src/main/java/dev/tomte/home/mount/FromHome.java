package dev.tomte.home.mount;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import dev.tomte.home.frames.Fuse;
import dev.tomte.home.frames.TlsChannel;
import dev.tomte.linux.Errno;
import dev.tomte.linux.Fd;
import dev.tomte.linux.FileCalls;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Takes what home says, answers and notices, and gives the kernel what is for the kernel. A thread for each connection. */
final class FromHome {
    private static final Logger LOG = System.getLogger(FromHome.class.getName());
    private static final int MAX_NOTICE = 512;

    private final FuseDevice device;
    private final InFlight inFlight;
    private final Fences fences;
    private final RareAttributes rareAttributes;
    private final Delegations delegations;

    FromHome(
            FuseDevice device,
            InFlight inFlight,
            Fences fences,
            RareAttributes rareAttributes,
            Delegations delegations) {
        this.device = device;
        this.inFlight = inFlight;
        this.fences = fences;
        this.rareAttributes = rareAttributes;
        this.delegations = delegations;
    }

    /** Passes answers on until the connection ends: to the device that the requests on it were read from. */
    void passAnswers(TlsChannel from, Fd to) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            passAnswers(from, to, arena.allocate(Fuse.MAX_REPLY + (256 << 10), 8));
        }
    }

    private void passAnswers(TlsChannel from, Fd to, MemorySegment frames) throws IOException {
        ByteBuffer buffer = frames.asByteBuffer();
        int next = 0;
        int end = 0;
        while (true) {
            while (end - next >= Fuse.OUT_HEADER) {
                int bytes = frames.get(JAVA_INT_UNALIGNED, next);
                if (bytes < Fuse.OUT_HEADER || bytes > Fuse.MAX_REPLY)
                    throw new ProtocolException("an answer of " + bytes + " bytes");
                if (end - next < bytes) break;
                take(frames.asSlice(next, bytes), to);
                next += bytes;
            }
            if (next == end) next = end = 0;
            else if (buffer.capacity() - next < Fuse.MAX_REPLY) {
                buffer.limit(end).position(next);
                buffer.compact();
                end -= next;
                next = 0;
            }
            buffer.limit(buffer.capacity()).position(end);
            int bytes = from.read(buffer);
            if (bytes < 0) throw new IOException("home closed the connection");
            end += bytes;
        }
    }

    private void take(MemorySegment frame, Fd to) throws ProtocolException {
        long number = frame.get(JAVA_LONG_UNALIGNED, 8);
        if (number == 0) notice(frame, to);
        else if ((number & Fuse.OWN) == 0 || (number & Fuse.RESENT) != 0) answer(number, frame, to);
        else if (number == Pumps.ANNOUNCEMENT) {
            // one that does not know what was announced has refused it
            if (isRefusal(frame)) rareAttributes.areNotTold();
            else rareAttributes.areTold();
        } else if (number == Pumps.OFFER) {
            if (!isRefusal(frame)) delegations.linked();
        } else fences.take(number, frame);
    }

    private static boolean isRefusal(MemorySegment frame) {
        return frame.get(JAVA_INT_UNALIGNED, 4) != 0;
    }

    private void notice(MemorySegment frame, Fd to) throws ProtocolException {
        switch (frame.get(JAVA_INT_UNALIGNED, 4)) {
            case Fuse.LISTED -> rareAttributes.take(frame);
            case Fuse.DELEGATED -> delegations.take(frame);
            default -> {
                // any other may wait for a page that only an answer unlocks: a deadlock
                if (!isOfAttributes(frame)) throw new ProtocolException("a notice among the answers");
                FileCalls.write(to.value(), frame.address(), frame.byteSize());
            }
        }
    }

    private static boolean isOfAttributes(MemorySegment frame) {
        return frame.get(JAVA_INT_UNALIGNED, 4) == Fuse.NOTIFY_INVAL_INODE
                && frame.byteSize() == Fuse.OUT_HEADER + 24
                && frame.get(JAVA_LONG_UNALIGNED, Fuse.OUT_HEADER + 8L) == Fuse.ATTRIBUTES_ONLY;
    }

    private void answer(long number, MemorySegment frame, Fd to) {
        if (!inFlight.answered(number)) return;
        long written = FileCalls.write(to.value(), frame.address(), frame.byteSize());
        if (written == -Errno.EINVAL) {
            LOG.log(Level.WARNING, "the kernel did not take an answer of {0} bytes", frame.byteSize());
            FuseDevice.answer(to, number, Errno.EIO);
        }
        inFlight.arrived(number);
    }

    /** What has changed at home goes to the kernel, which may let this wait for answers, until the connection ends. */
    void passNotices(TlsChannel from) throws IOException {
        Fd to = device.devices().getFirst();
        ByteBuffer buffer = ByteBuffer.allocateDirect(MAX_NOTICE).order(ByteOrder.LITTLE_ENDIAN);
        MemorySegment frame = MemorySegment.ofBuffer(buffer);
        while (true) {
            buffer.clear().limit(Fuse.OUT_HEADER);
            from.readFully(buffer);
            int bytes = buffer.getInt(0);
            int code = buffer.getInt(4);
            boolean known =
                    code == Fuse.NOTIFY_INVAL_ENTRY || code == Fuse.NOTIFY_INVAL_INODE || code == Fuse.NOTIFY_PRUNE;
            if (bytes < Fuse.OUT_HEADER || bytes > MAX_NOTICE || !known || buffer.getLong(8) != 0)
                throw new ProtocolException("an odd notice");
            from.readFully(buffer.limit(bytes));
            // an error says that the kernel does not know the file any more
            FileCalls.write(to.value(), frame.address(), bytes);
        }
    }
}
