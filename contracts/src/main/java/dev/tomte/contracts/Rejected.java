package dev.tomte.contracts;

/**
 * A host that a process was not moved to.
 *
 * @param why in words: what speaks against it, or what was better
 */
public record Rejected(String host, String why) {}
