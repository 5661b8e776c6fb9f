package dev.tomte.agent.criu;

import dev.tomte.linux.Fd;

/**
 * An open file that a restored task gets as it is, in place of one that criu opens by name.
 *
 * @param pid of the task, as its pod sees it
 * @param number of its descriptor
 */
public record TaskFile(int pid, int number, Fd file) {}
