package dev.tomte.images;

/** What the user can act on; its message is all that is printed. */
final class ImagesException extends RuntimeException {
    private static final long serialVersionUID = 1;

    ImagesException(String message) {
        super(message);
    }

    ImagesException(String message, Throwable cause) {
        super(message, cause);
    }
}
