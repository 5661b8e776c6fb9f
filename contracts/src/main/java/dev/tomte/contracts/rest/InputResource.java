package dev.tomte.contracts.rest;

/**
 * The answer to POST /processes/NAME/input: what has been taken of what was sent, so far.
 *
 * @param reached bytes of its standard input that its home has in all; what comes after them is to be sent (again)
 */
public record InputResource(long reached) {}
