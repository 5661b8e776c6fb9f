package dev.tomte.home.mount;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import dev.tomte.home.frames.Delegated;
import dev.tomte.home.frames.Fuse;
import dev.tomte.home.frames.LockCall;
import dev.tomte.linux.BootClock;
import dev.tomte.linux.Fd;
import dev.tomte.linux.FileCalls;
import dev.tomte.linux.OpenAt;
import io.prometheus.client.Counter;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.ProtocolException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The files that home has delegated: who opens one for reading is answered here, and home hears nothing of it, until home
 * recalls it, is not heard of, or the guest itself wants to write to the file. What was opened stays open. Any thread may
 * call.
 */
final class Delegations {
    private static final Counter OPENS = Counter.build(
                    "tomte_guest_delegated_opens_total", "Files that guests here have opened without asking home.")
            .register();

    /** Flags that say nothing of what may be done to the file: O_LARGEFILE, O_CLOEXEC and those of finding it; exec. */
    private static final int HARMLESS =
            OpenAt.O_CLOEXEC | OpenAt.O_NOCTTY | OpenAt.O_NONBLOCK | OpenAt.O_NOFOLLOW | 0100000 | 0x20;

    private static final int BODY = Fuse.IN_HEADER;
    private static final int FATTR_SIZE = 1 << 3;
    private static final int FOPEN_NOFLUSH = 32;
    private static final int OPEN_ANSWER = Fuse.OUT_HEADER + 16;
    /** Recalls that arrived before what they recall, and some that crossed what they recall. */
    private static final int MOST_EARLY = 1024;

    /** Where home is told. */
    interface Home {
        /** Sends, or does not: with the link all that home has delegated comes to its end. */
        void tell(int code, long number);
    }

    private final Home home;
    /** Those by which files may be opened, by file; the longest unused first. */
    private final Map<Long, File> usable = new LinkedHashMap<>(16, 0.75f, true);
    /** Also those that may not be used any more, and still are, by their numbers. */
    private final Map<Long, File> all = new HashMap<>();

    private final Set<Long> early = new LinkedHashSet<>();
    private int idle;
    /** How many may be idle, so that there is room for those that are used. */
    private int mostIdle;

    /** Whether there is a home that knows of delegations. */
    private volatile boolean linked;

    private volatile boolean locksUsed;
    private long validUntil = Long.MIN_VALUE;

    /**
     * Has none.
     *
     * @param locksUsed whether the guest may have asked for locks before
     */
    Delegations(boolean locksUsed, Home home) {
        this.locksUsed = locksUsed;
        this.home = home;
    }

    private static final class File {
        final long node;
        final long number;
        final int flags;
        final int uid;
        int open;
        int serial;
        /** Opens that have an open file of their own at home, as somebody wanted locks. */
        final Set<Long> separate = new HashSet<>(0);

        File(long node, long number, int flags, int uid) {
            this.node = node;
            this.number = number;
            this.flags = flags;
            this.uid = uid;
        }
    }

    private void tell(int code, long number) {
        if (linked) home.tell(code, number);
    }

    // ---- what the kernel asks

    /** Answers a request, if home need not hear of it. */
    boolean answer(Fd device, MemorySegment request) {
        long number = request.get(JAVA_LONG_UNALIGNED, 8);
        // home may have had it before
        if ((number & Fuse.RESENT) != 0) return false;
        long node = request.get(JAVA_LONG_UNALIGNED, 16);
        switch (request.get(JAVA_INT_UNALIGNED, 4)) {
            case Fuse.OPEN -> {
                int flags = request.get(JAVA_INT_UNALIGNED, BODY);
                if ((flags & ~HARMLESS) == OpenAt.O_RDONLY)
                    return opened(device, number, node, request.get(JAVA_INT_UNALIGNED, 24));
                if ((flags & (OpenAt.O_ACCMODE | OpenAt.O_TRUNC)) != 0) giveBack(node);
            }
            case Fuse.SETATTR -> {
                if ((request.get(JAVA_INT_UNALIGNED, BODY) & FATTR_SIZE) != 0) giveBack(node);
            }
            case Fuse.RELEASE -> {
                if (!released(request.get(JAVA_LONG_UNALIGNED, BODY))) return false;
                FuseDevice.answer(device, number, 0);
                return true;
            }
            case Fuse.SETLK, Fuse.SETLKW -> {
                locksUsed = true;
                separated(request.get(JAVA_LONG_UNALIGNED, BODY));
            }
            case Fuse.GETLK -> separated(request.get(JAVA_LONG_UNALIGNED, BODY));
            case Fuse.IOCTL -> {
                if (LockCall.is(request.get(JAVA_INT_UNALIGNED, BODY + 12)))
                    separated(request.get(JAVA_LONG_UNALIGNED, BODY));
            }
            case Fuse.FORGET -> giveBack(node);
            case Fuse.BATCH_FORGET -> {
                int count = request.get(JAVA_INT_UNALIGNED, BODY);
                for (int i = 0; i < count; i++) giveBack(request.get(JAVA_LONG_UNALIGNED, BODY + 8 + 16L * i));
            }
            default -> {}
        }
        return false;
    }

    private boolean opened(Fd device, long number, long node, int uid) {
        long handle;
        int flags;
        synchronized (this) {
            File file = usable.get(node);
            if (file == null || file.uid != uid || file.serial == Delegated.MOST_OPENS) return false;
            if (BootClock.nanos() > validUntil) return false;
            if (file.open++ == 0) idle--;
            handle = Delegated.open(file.number, ++file.serial);
            flags = locksUsed ? file.flags & ~FOPEN_NOFLUSH : file.flags;
        }
        OPENS.inc();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment answer = arena.allocate(OPEN_ANSWER, 8);
            answer.set(JAVA_INT_UNALIGNED, 0, OPEN_ANSWER);
            answer.set(JAVA_LONG_UNALIGNED, 8, number);
            answer.set(JAVA_LONG_UNALIGNED, Fuse.OUT_HEADER, handle);
            answer.set(JAVA_INT_UNALIGNED, Fuse.OUT_HEADER + 8L, flags);
            // an error says that the caller was killed, and the kernel knows of no open file
            if (FileCalls.write(device.value(), answer.address(), OPEN_ANSWER) < 0) released(handle);
        }
        return true;
    }

    /** @return false if home is to hear of it */
    private boolean released(long handle) {
        boolean separate;
        File done;
        synchronized (this) {
            File file = Delegated.isOpen(handle) ? all.get(Delegated.of(handle)) : null;
            if (file == null) return false;
            separate = file.separate.remove(handle);
            done = --file.open == 0 ? resting(file) : null;
        }
        if (done != null) tell(Fuse.RETURNED, done.number);
        return !separate;
    }

    /** Nobody has it open by that any more: it may be kept for who comes next. */
    private @Nullable File resting(File file) {
        if (usable.get(file.node) != file) {
            all.remove(file.number);
            return file;
        }
        if (++idle <= mostIdle) return null;
        for (File eldest : usable.values()) if (eldest.open == 0) return removed(eldest);
        return null;
    }

    private File removed(File file) {
        boolean wasUsable = usable.remove(file.node, file);
        if (file.open > 0) return file;
        if (wasUsable) idle--;
        all.remove(file.number);
        return file;
    }

    /** What home is told of one that has been removed. */
    private static int ended(File file) {
        return file.open == 0 ? Fuse.RETURNED : Fuse.RECALLED;
    }

    private synchronized void separated(long handle) {
        File file = Delegated.isOpen(handle) ? all.get(Delegated.of(handle)) : null;
        if (file != null) file.separate.add(handle);
    }

    private void giveBack(long node) {
        File file;
        int code;
        synchronized (this) {
            file = usable.get(node);
            if (file == null) return;
            code = ended(removed(file));
        }
        tell(code, file.number);
    }

    // ---- what home says

    /** Home delegates a file. */
    void take(MemorySegment notice) throws ProtocolException {
        if (notice.byteSize() != Delegated.NOTICE_BYTES) throw new ProtocolException("an odd delegation");
        File file = new File(
                notice.get(JAVA_LONG_UNALIGNED, Fuse.OUT_HEADER),
                notice.get(JAVA_LONG_UNALIGNED, Fuse.OUT_HEADER + 8L),
                notice.get(JAVA_INT_UNALIGNED, Fuse.OUT_HEADER + 16L),
                notice.get(JAVA_INT_UNALIGNED, Fuse.OUT_HEADER + 20L));
        if (!Delegated.is(file.number)) throw new ProtocolException("a delegation without a number");
        synchronized (this) {
            mostIdle = notice.get(JAVA_INT_UNALIGNED, Fuse.OUT_HEADER + 24L) * 3 / 4;
            if (!early.remove(file.number) && !usable.containsKey(file.node)) {
                usable.put(file.node, file);
                all.put(file.number, file);
                idle++;
                return;
            }
        }
        tell(Fuse.RETURNED, file.number);
    }

    /** Home wants one back. */
    void recall(long number) {
        int code;
        synchronized (this) {
            File file = all.get(number);
            if (file == null) {
                early.add(number);
                if (early.size() > MOST_EARLY) early.remove(early.iterator().next());
                code = Fuse.RECALLED;
            } else code = ended(removed(file));
        }
        tell(code, number);
    }

    /**
     * Home has been heard of.
     *
     * @param askedNanos when it was asked, by {@link BootClock}
     */
    synchronized void heard(long askedNanos) {
        validUntil = askedNanos + Delegated.TERM.toNanos();
    }

    /** The link has ended: home is asked about everything from now on. */
    synchronized void unlinked() {
        linked = false;
        validUntil = Long.MIN_VALUE;
        early.clear();
        usable.clear();
        idle = 0;
    }

    /** There is a link again, to a home that delegates: it is told of what was delegated before. */
    void linked() {
        linked = true;
        Map<Long, Integer> former = new HashMap<>();
        synchronized (this) {
            all.values().forEach(file -> former.put(file.number, ended(file)));
            all.values().removeIf(file -> file.open == 0);
        }
        former.forEach((number, code) -> tell(code, number));
    }
}
