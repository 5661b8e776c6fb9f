package dev.tomte.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/**
 * A thread of another process that is stopped by ptrace(2), and may be made to carry out a system call of its own process.
 * Only the thread that has seized it may use it; if that thread ends, the kernel lets it run, or kills it.
 */
final class Tracee {
    private static final long PTRACE = 101;
    private static final long WAIT4 = 61;
    private static final int PEEK = 2;
    private static final int POKE = 5;
    private static final int CONT = 7;
    private static final int GETREGS = 12;
    private static final int SETREGS = 13;
    private static final int DETACH = 17;
    private static final int TO_SYSCALL = 24;
    private static final int SEIZE = 0x4206;
    private static final int INTERRUPT = 0x4207;
    private static final int GETSIGMASK = 0x420a;
    private static final int SETSIGMASK = 0x420b;
    private static final int TRACESYSGOOD = 1;
    private static final int EXITKILL = 0x100000;
    private static final int WNOHANG = 1;
    private static final int WALL = 0x40000000;
    /** Statuses of stops, as {@link #awaited} gives them: at a system call's begin or end, and where it was told to. */
    private static final int AT_SYSCALL = 0x85;

    private static final int TOLD = 128 << 8 | 5;

    /** Of struct user_regs_struct, in words. */
    private static final int RAX = 10;

    private static final int RDX = 12;
    private static final int RSI = 13;
    private static final int RDI = 14;
    private static final int ORIG_RAX = 15;
    private static final int RIP = 16;
    private static final int CS = 17;
    private static final int RSP = 19;
    private static final int REGISTERS = 27 * 8;
    private static final int CODE_64 = 0x33;
    private static final long SYSCALL = 0x050fL;
    /** The ABI's red zone, and room for what a call is given. */
    private static final int BELOW_STACK = 128 + 256;

    private static final long STEP_NANOS = 50_000;

    private final int thread;
    private boolean stands;
    private boolean gone;
    /** A signal that was on its way to it. */
    private int signal;

    private Tracee(int thread) {
        this.thread = thread;
    }

    /**
     * Has it stop.
     *
     * @param bound whether it is killed if this thread ends before it has been let go
     * @return empty if it has ended
     */
    static Optional<Tracee> seize(int thread, boolean bound) throws Errno {
        long result = Syscall.raw(PTRACE, SEIZE, thread, 0, bound ? EXITKILL | TRACESYSGOOD : TRACESYSGOOD);
        if (result < 0) {
            char state = new ProcFs(thread).state();
            if (result == -Errno.ESRCH || state == 'Z' || state == 'X' || state == '?') return Optional.empty();
            throw new Errno("trace thread " + thread, (int) -result);
        }
        Syscall.raw(PTRACE, INTERRUPT, thread, 0, 0);
        return Optional.of(new Tracee(thread));
    }

    /** Whether it does not run any more, looking again. */
    boolean stands() {
        if (!stands && !gone) awaited();
        return stands || gone;
    }

    /** Whether it sleeps in the kernel and cannot be interrupted: it stops before it runs a line of its own. */
    boolean isBusy() {
        return new ProcFs(thread).state() == 'D';
    }

    boolean hasGone() {
        return gone;
    }

    /** @return the stop's status, or 0 */
    private int awaited() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment status = arena.allocate(8, 8);
            long who = Syscall.raw(WAIT4, thread, status.address(), WNOHANG | WALL, 0);
            if (who == 0 || who == -Errno.EINTR) return 0;
            int how = status.get(JAVA_INT, 0);
            if (who < 0 || (how & 0xff) != 0x7f) {
                gone = true;
                return 0;
            }
            stands = true;
            int stop = how >> 8 & 0xff;
            boolean delivers = how >> 16 == 0;
            if (delivers && stop != AT_SYSCALL) signal = stop;
            return how >> 8;
        }
    }

    /**
     * Makes it carry out a system call, with its own files, as if it had made it itself, and puts all else back as it was.
     * It stands, before and after.
     *
     * @param third what the call's third argument points to; holds afterwards what the call has left there
     * @return the call's result, a value or the negative errno
     * @throws Errno if it cannot be made to, or not in time; its state is not known then
     */
    long call(long number, long first, long second, MemorySegment third, Duration patience) throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment before = arena.allocate(REGISTERS, 8);
            request(GETREGS, 0, before.address());
            if (word(before, CS) != CODE_64) throw new Errno("call of a thread that is not 64-bit", Errno.EINVAL);
            MemorySegment mask = arena.allocate(8, 8);
            request(GETSIGMASK, 8, mask.address());
            MemorySegment all = arena.allocate(8, 8);
            all.set(JAVA_LONG, 0, -1);
            request(SETSIGMASK, 8, all.address());
            long stack = word(before, RSP) - BELOW_STACK & -16L;
            MemorySegment under = arena.allocate(third.byteSize(), 8);
            peek(stack, under);
            poke(stack, third);
            MemorySegment code = arena.allocate(8, 8);
            // a whole word, which is on one page
            long here = word(before, RIP) & -8L;
            peek(here, code);
            MemorySegment call = arena.allocate(8, 8);
            call.set(JAVA_LONG, 0, (code.get(JAVA_LONG, 0) & ~0xffffL) | SYSCALL);
            poke(here, call);

            MemorySegment registers = arena.allocate(REGISTERS, 8).copyFrom(before);
            set(registers, RIP, here);
            set(registers, RAX, number);
            set(registers, RDI, first);
            set(registers, RSI, second);
            set(registers, RDX, stack);
            // else the kernel would take it for the call that was interrupted
            set(registers, ORIG_RAX, -1);
            request(SETREGS, 0, registers.address());
            go(TO_SYSCALL, AT_SYSCALL, patience);
            go(TO_SYSCALL, AT_SYSCALL, patience);
            request(GETREGS, 0, registers.address());
            // to where an interrupted call is begun anew
            request(INTERRUPT, 0, 0);
            go(CONT, TOLD, patience);

            peek(stack, third);
            poke(stack, under);
            poke(here, code);
            request(SETREGS, 0, before.address());
            request(SETSIGMASK, 8, mask.address());
            return word(registers, RAX);
        }
    }

    /** Lets it go on until it stops in that way; whatever else stops it meanwhile has to wait. */
    private void go(int how, int until, Duration patience) throws Errno {
        long end = System.nanoTime() + patience.toNanos();
        stands = false;
        request(how, 0, 0);
        while (true) {
            int stop = awaited();
            if (gone) throw new Errno("call of thread " + thread, Errno.ESRCH);
            if (stop == until) return;
            if (stop != 0) {
                stands = false;
                request(how, 0, 0);
            }
            if (System.nanoTime() - end > 0) throw new Errno("call of thread " + thread, Errno.ETIMEDOUT);
            LockSupport.parkNanos(STEP_NANOS);
        }
    }

    private static long word(MemorySegment registers, int which) {
        return registers.get(JAVA_LONG, which * 8L);
    }

    private static void set(MemorySegment registers, int which, long value) {
        registers.set(JAVA_LONG, which * 8L, value);
    }

    private void peek(long from, MemorySegment to) throws Errno {
        for (long at = 0; at < to.byteSize(); at += 8)
            request(PEEK, from + at, to.asSlice(at, 8).address());
    }

    private void poke(long to, MemorySegment from) throws Errno {
        for (long at = 0; at < from.byteSize(); at += 8) request(POKE, to + at, from.get(JAVA_LONG, at));
    }

    private void request(int what, long address, long data) throws Errno {
        Syscall.check("ptrace of thread " + thread, Syscall.raw(PTRACE, what, thread, address, data));
    }

    /** Lets it go on where it was. */
    void letGo() {
        if (stands) Syscall.raw(PTRACE, DETACH, thread, 0, signal);
        stands = false;
    }
}
