package dev.tomte.agent.owner;

import dev.tomte.idle.PlayedOwner;
import java.io.IOException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Somebody who sits at a fleet's host, while asked to, and types: a key and a line at the terminal every second. */
final class PlayedSeat implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PlayedSeat.class);
    private static final int EVERY_SECONDS = 1;

    private final PlayedOwner owner;
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("played-owner").factory());
    private volatile boolean taken;

    PlayedSeat(PlayedOwner owner) {
        this.owner = owner;
        var _ = clock.scheduleWithFixedDelay(
                () -> {
                    if (taken) type();
                },
                EVERY_SECONDS,
                EVERY_SECONDS,
                TimeUnit.SECONDS);
    }

    /** Whoever comes types at once. */
    void take(boolean there) {
        taken = there;
        if (there) clock.execute(this::type);
    }

    private void type() {
        try {
            owner.pressKey();
            owner.typeAtTerminal();
        } catch (IOException e) {
            LOG.warn("the owner cannot be played: {}", e.getMessage());
        }
    }

    @Override
    public void close() {
        clock.shutdownNow();
    }
}
