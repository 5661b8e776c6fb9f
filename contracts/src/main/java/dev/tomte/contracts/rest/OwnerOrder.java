package dev.tomte.contracts.rest;

import org.jspecify.annotations.Nullable;

/**
 * The body of POST /hosts/{host}/owner, for a host whose owner is played.
 *
 * @param there whether the owner is at it; required
 */
public record OwnerOrder(@Nullable Boolean there) {}
