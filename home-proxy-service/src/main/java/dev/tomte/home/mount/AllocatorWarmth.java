package dev.tomte.home.mount;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;

/**
 * Has the C library ask now what it asks once: before glibc's free(3) first gives memory of an arena back it reads
 * /proc/sys/vm/overcommit_memory (malloc/arena.c, shrink_heap). If that happened in a thread that is in a guest's
 * namespace, it would ask home by this very JVM, which may be waiting for that thread to reach a safepoint: all of the JVM
 * would stand still for ever.
 */
final class AllocatorWarmth {
    /** Threads are given arenas in turn, one of which is the main one, which does not ask. */
    private static final int THREADS = 8;
    /** Each below what is mapped by itself (128 KiB), together above what is kept at an arena's top (256 KiB). */
    private static final int BLOCK = 100 << 10;

    private static final int BLOCKS = 8;
    private static boolean isWarm;

    private AllocatorWarmth() {}

    /** Does it, the first time. */
    static synchronized void ensure() throws InterruptedException {
        if (isWarm) return;
        giveBack();
        isWarm = true;
    }

    /** Has memory of every arena given back. */
    static void giveBack() throws InterruptedException {
        CyclicBarrier all = new CyclicBarrier(THREADS);
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < THREADS; i++)
            threads.add(Thread.ofPlatform().daemon().name("allocator-warmth").start(() -> allocate(all)));
        for (Thread thread : threads) thread.join();
    }

    private static void allocate(CyclicBarrier all) {
        try (Arena arena = Arena.ofConfined()) {
            for (int i = 0; i < BLOCKS; i++) arena.allocate(BLOCK);
            all.await();
        } catch (InterruptedException | BrokenBarrierException e) {
            Thread.currentThread().interrupt();
        }
    }
}
