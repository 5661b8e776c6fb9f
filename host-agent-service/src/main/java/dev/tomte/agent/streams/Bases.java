package dev.tomte.agent.streams;

import dev.tomte.stub.StandardStream;

/**
 * Where an epoch begins in what the tree has written to its pipes here.
 *
 * @param epoch that the process has here
 * @param out bytes of stdout that belong to earlier epochs
 * @param err likewise of stderr
 */
public record Bases(long epoch, long out, long err) {
    long of(StandardStream stream) {
        return switch (stream) {
            case OUT -> out;
            case ERR -> err;
        };
    }
}
