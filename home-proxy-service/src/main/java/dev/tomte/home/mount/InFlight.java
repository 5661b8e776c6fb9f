package dev.tomte.home.mount;

import dev.tomte.home.frames.Fuse;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The kernel's requests that home has, by number: those it has not answered, and those whose answers it may forget. */
final class InFlight {
    private static final int ACKNOWLEDGE_AFTER = 32;
    private static final int IN_A_FRAME = 1024;

    private final Set<Long> unanswered = ConcurrentHashMap.newKeySet();
    /** Those of them that wait for a lock: as long as somebody has it. */
    private final Set<Long> lockWaits = ConcurrentHashMap.newKeySet();

    private final List<Long> arrived = new ArrayList<>();

    /** A request that is about to be sent. */
    void sent(long number, int opcode) {
        switch (opcode) {
            case Fuse.FORGET, Fuse.BATCH_FORGET, Fuse.INTERRUPT -> {}
            default -> {
                if (opcode == Fuse.SETLKW) lockWaits.add(number);
                unanswered.add(number);
            }
        }
    }

    /** @return false if nobody waits for this answer */
    boolean answered(long number) {
        lockWaits.remove(number);
        return unanswered.remove(number);
    }

    /** The kernel has taken the answer. */
    void arrived(long number) {
        synchronized (arrived) {
            arrived.add(number);
        }
    }

    /** Frames that tell home which answers have arrived: now and then, so that it may forget them. */
    List<ByteBuffer> acknowledgements() {
        List<Long> told;
        synchronized (arrived) {
            if (arrived.size() < ACKNOWLEDGE_AFTER) return List.of();
            told = List.copyOf(arrived);
            arrived.clear();
        }
        List<ByteBuffer> frames = new ArrayList<>();
        for (int at = 0; at < told.size(); at += IN_A_FRAME) {
            List<Long> some = told.subList(at, Math.min(told.size(), at + IN_A_FRAME));
            ByteBuffer frame = Link.frame(Fuse.ACKNOWLEDGE, Fuse.OWN, 8 * some.size());
            some.forEach(frame::putLong);
            frames.add(frame.flip());
        }
        return frames;
    }

    /** Those that home has not answered, though nobody else keeps it from doing so. */
    Set<Long> unanswered() {
        Set<Long> numbers = new HashSet<>(unanswered);
        numbers.removeAll(lockWaits);
        return numbers;
    }

    boolean isUnanswered(long number) {
        return unanswered.contains(number);
    }

    /** The kernel is about to ask all of them again. */
    void clear() {
        unanswered.clear();
        lockWaits.clear();
    }
}
