package dev.tomte.acceptance;

import java.io.IOException;
import java.util.List;

/** Three hosts, wherever, on which scenarios happen. */
public interface Stage {
    /** Their names; the first is the home of whatever is started. */
    List<String> hosts();

    default String home() {
        return hosts().get(0);
    }

    default String near() {
        return hosts().get(1);
    }

    default String far() {
        return hosts().get(2);
    }

    /** Brings a program to the home, and returns its path there. */
    String bring(String name, byte[] content) throws IOException;

    /** Starts a process in a directory that all of them share; it runs when this returns. */
    Traveller start(String name, String... command) throws IOException;

    /** Likewise a JVM. */
    Traveller java(String name, String... arguments) throws IOException;

    /** Makes an empty file in that directory. */
    void make(String file);

    /** Whether it is in that directory. */
    boolean has(String file);

    /**
     * Where a host's agent stands still in the moves of one process, until it is released.
     *
     * @param state side and state, as {@code source-FROZEN}
     */
    Point point(Traveller traveller, String host, String state) throws IOException;

    /** Kills a host's agent, and its home proxy with it; does something, and waits until they are back. */
    void kill(String host, Runnable then) throws IOException;

    interface Point extends AutoCloseable {
        void awaitPaused();

        void release();

        @Override
        default void close() {
            release();
        }
    }
}
