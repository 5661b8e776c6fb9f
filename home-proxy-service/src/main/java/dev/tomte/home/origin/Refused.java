package dev.tomte.home.origin;

import java.io.Serial;

/** A request's error, on its way to the reply. Without a stack trace: a missing file is no event. */
final class Refused extends Exception {
    @Serial
    private static final long serialVersionUID = 1;

    private final int errno;

    /** @param errno the positive errno value */
    Refused(int errno) {
        super("errno " + errno, null, false, false);
        this.errno = errno;
    }

    int errno() {
        return errno;
    }

    /** Passes a system call's value on, or throws its error. */
    static long check(long result) throws Refused {
        if (result < 0) throw new Refused((int) -result);
        return result;
    }
}
