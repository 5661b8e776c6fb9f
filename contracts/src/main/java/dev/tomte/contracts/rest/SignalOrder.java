package dev.tomte.contracts.rest;

import org.jspecify.annotations.Nullable;

/**
 * The body of POST /processes/{process}/signal.
 *
 * @param signal a number from 1 to 64, or a name with or without SIG; required
 */
public record SignalOrder(@Nullable String signal) {}
