package dev.tomte.stub;

/**
 * Who holds the process. The home stub's memory has the only one that counts.
 *
 * @param incarnation one life of the home pod; fixed by the first set; at most 255 bytes
 * @param epoch counts the moves, from 1
 * @param holder the host that may run the process; at most 255 bytes
 */
public record Register(String incarnation, long epoch, String holder) {
    public Register {
        if (epoch < 1) throw new IllegalArgumentException("epoch " + epoch);
    }

    /** The same process held by another after one more move. */
    public Register passedTo(String next) {
        return new Register(incarnation, epoch + 1, next);
    }
}
