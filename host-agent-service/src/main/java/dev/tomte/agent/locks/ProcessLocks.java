package dev.tomte.agent.locks;

/**
 * What a process of a checkpoint has locked of one file for itself (POSIX locks, fcntl(2) F_SETLK); the home holds it
 * while the process is away.
 *
 * @param pid of the process, as its pod sees it
 * @param number of a descriptor by which it reaches the file
 */
public record ProcessLocks(int pid, int number) {
    public ProcessLocks {
        if (pid <= 0 || number < 0) throw new IllegalArgumentException("descriptor " + number + " of process " + pid);
    }
}
