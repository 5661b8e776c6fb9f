package dev.tomte.idle;

/** The idle detector of one host, as its agent has it. Any thread. */
public interface Detector extends AutoCloseable {
    /** What is known of the host now; never waits. */
    HostAvailability current();

    /** Ends the watch; tells nothing more. Neither callback may call it. */
    @Override
    void close();
}
