package dev.tomte.stub;

/**
 * The end of the process' root.
 *
 * @param pid its PID in the pod
 * @param status as wait(2) encodes it
 */
public record Exit(int pid, int status) {
    /** The signal that killed it, or 0. */
    public int signal() {
        return status & 0x7f;
    }

    /** What a shell shows: its exit code, or 128 and the signal that killed it. */
    public int code() {
        return signal() == 0 ? status >> 8 & 0xff : 128 + signal();
    }
}
