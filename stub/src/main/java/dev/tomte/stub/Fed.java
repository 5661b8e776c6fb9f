package dev.tomte.stub;

/**
 * How far a process's standard input has come at a stub; bytes, from the first that was ever sent.
 *
 * @param consumed so many the process has read
 * @param reached so many have come here
 * @param complete whether nothing comes after these
 */
public record Fed(long consumed, long reached, boolean complete) {
    /** Bytes that have come and are not read yet. */
    public long unread() {
        return reached - consumed;
    }
}
