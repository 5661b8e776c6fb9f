package dev.tomte.mig;

/** What was asked for is not done; the message says why. */
final class Refused extends RuntimeException {
    Refused(String message) {
        super(message);
    }
}
