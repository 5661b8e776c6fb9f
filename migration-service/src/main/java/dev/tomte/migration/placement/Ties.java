package dev.tomte.migration.placement;

import dev.tomte.contracts.ProcessStatus;
import java.util.Optional;

/**
 * What ties a process to its home, besides what hosts and their owners say: it is neither placed elsewhere nor taken
 * there by request. What is away already may come home. Any thread; never blocks.
 */
@FunctionalInterface
public interface Ties {
    /** Nothing ever does. */
    Ties NONE = process -> Optional.empty();

    /** @return empty if nothing does, and that is known */
    Optional<Tie> of(ProcessStatus process);

    /**
     * One of them.
     *
     * @param why in words, without the process's name
     * @param isKnown whether it ties it; else it may, and whoever asks again may hear otherwise
     */
    record Tie(String why, boolean isKnown) {}
}
