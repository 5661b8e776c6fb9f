package dev.tomte.idle.signal;

/**
 * The share of the last ten seconds in which some of the owner's tasks waited for something they lacked, from 0 to 1.
 *
 * @param cpu for a processor
 * @param memory for memory to be brought back
 */
public record Stall(double cpu, double memory) {}
