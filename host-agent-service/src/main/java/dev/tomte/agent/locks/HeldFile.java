package dev.tomte.agent.locks;

/**
 * An open file of a checkpoint that has locks of its own; the home keeps it while it moves.
 *
 * @param pid of a task that has it open, as its pod sees it
 * @param number of that task's descriptor
 * @param position its offset, bytes
 * @param flags as fcntl(2) F_GETFL tells them
 */
public record HeldFile(int pid, int number, long position, int flags) {
    public HeldFile {
        if (pid <= 0 || number < 0 || position < 0)
            throw new IllegalArgumentException("descriptor " + number + " of process " + pid + " at " + position);
    }
}
