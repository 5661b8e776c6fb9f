package dev.tomte.agent.move;

import java.time.Duration;

/** Longer and longer pauses between attempts that are repeated until one succeeds. */
final class Backoff {
    private static final Duration FIRST = Duration.ofMillis(20);
    private static final Duration LONGEST = Duration.ofSeconds(2);

    private final Pause pause;
    private Duration next = FIRST;

    Backoff(Pause pause) {
        this.pause = pause;
    }

    void sleep() {
        pause.sleep(next);
        next = next.multipliedBy(2).compareTo(LONGEST) < 0 ? next.multipliedBy(2) : LONGEST;
    }
}
