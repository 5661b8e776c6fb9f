package dev.tomte.agent.criu;

/**
 * What the images call the pipes that were a tree's standard streams.
 *
 * @param in of its standard input, if that was fed
 */
public record PipeInodes(long in, long out, long err) {}
