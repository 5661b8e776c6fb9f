package dev.tomte.contracts.rest;

import org.jspecify.annotations.Nullable;

/**
 * The body of POST /migrations.
 *
 * @param process its name or id; required
 * @param target a host's name, or "home"; required
 * @param why in words, for the journal
 */
public record MoveOrder(
        @Nullable String process,
        @Nullable String target,
        @Nullable String why) {}
