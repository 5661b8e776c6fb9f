package dev.tomte.home.origin;

/** A reply without its header. */
final class Answer {
    private static final byte[] NOTHING = {};

    private final int errno;
    private final byte[] payload;

    private Answer(int errno, byte[] payload) {
        this.errno = errno;
        this.payload = payload;
    }

    /** @param errno 0, or the positive errno value: then there is no payload */
    static Answer of(int errno, byte[] payload) {
        return new Answer(errno, errno == 0 ? payload : NOTHING);
    }

    static Answer refusal(int errno) {
        return new Answer(errno, NOTHING);
    }

    int errno() {
        return errno;
    }

    /** Not to be changed. */
    byte[] payload() {
        return payload;
    }
}
