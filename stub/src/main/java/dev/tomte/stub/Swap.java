package dev.tomte.stub;

/**
 * The answer of a compare-and-set.
 *
 * @param swapped whether this very call changed the register
 * @param register what it holds now
 */
public record Swap(boolean swapped, Register register) {}
