package dev.tomte.contracts.rest;

import org.jspecify.annotations.Nullable;

/**
 * The body of POST /hosts/{host}/policy. What is null stays as it is.
 *
 * @param imports whose processes it takes in: none, owner or all
 * @param exports whose it lets go: none, owner or all
 * @param drains whether its guests are to leave, and no more are taken in
 */
public record PolicyOrder(
        @Nullable String imports,
        @Nullable String exports,
        @Nullable Boolean drains) {}
