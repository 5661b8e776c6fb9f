package dev.tomte.idle.signal;

/**
 * Time that only goes on. Nothing is decided by the time of day: an operator who sets the clock, or an NTP step, must
 * neither free a host nor take it.
 */
@FunctionalInterface
public interface MonotonicClock {
    /** CLOCK_MONOTONIC, as {@link System#nanoTime}: it does not count the time that a machine sleeps. */
    MonotonicClock SYSTEM = System::nanoTime;

    /** Nanoseconds since some moment; only differences mean anything. Any thread. */
    long nanos();
}
