package dev.tomte.mig;

/** What was asked for is not done; the message says why. */
final class Refused extends RuntimeException {
    private final int status;

    Refused(String message) {
        this(message, 1);
    }

    /** @param status that mig ends with */
    Refused(String message, int status) {
        super(message);
        this.status = status;
    }

    int status() {
        return status;
    }
}
