package dev.tomte.idle.signal;

/**
 * Processor time used on a host, in cores, as an average over some seconds.
 *
 * @param owner everything but the guests
 * @param guests the guests
 */
public record OwnerLoad(double owner, double guests) {}
