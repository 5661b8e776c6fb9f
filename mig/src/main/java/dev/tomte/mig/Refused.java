package dev.tomte.mig;

/** What was asked for is not done; the message says why. */
final class Refused extends RuntimeException {
    private final int status;
    private final boolean forNow;

    Refused(String message) {
        this(message, 1);
    }

    /** @param status that mig ends with */
    Refused(String message, int status) {
        this(message, status, false);
    }

    private Refused(String message, int status, boolean forNow) {
        super(message);
        this.status = status;
        this.forNow = forNow;
    }

    /** Nobody could do it now; a moment later somebody may. */
    static Refused forNow(String message) {
        return new Refused(message, 1, true);
    }

    boolean isForNow() {
        return forNow;
    }

    int status() {
        return status;
    }
}
