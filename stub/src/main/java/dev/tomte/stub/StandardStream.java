package dev.tomte.stub;

/** A stream that the process writes. */
public enum StandardStream {
    OUT(1),
    ERR(2);

    private final int number;

    StandardStream(int number) {
        this.number = number;
    }

    /** The descriptor's number in the process: 1 or 2. */
    public int number() {
        return number;
    }
}
