package dev.tomte.fleet;

/** The fleet cannot do what was asked; the message says why, for the person who asked. */
public final class FleetException extends RuntimeException {
    public FleetException(String message) {
        super(message);
    }

    public FleetException(String message, Throwable cause) {
        super(message, cause);
    }
}
