package dev.tomte.idle.signal;

import java.time.Duration;

/** Something that can be read of a host. Read by one thread at a time. */
public interface Signal<T> {
    /** How often it is worth reading it; zero: it costs nothing, so whenever somebody asks. */
    Duration every();

    /**
     * Reads it; never throws for what the host has or lacks.
     *
     * @param now the time of the reading, by the detector's clock
     */
    Reading<T> read(long now);
}
