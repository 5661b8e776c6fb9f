package dev.tomte.home.origin;

import dev.tomte.linux.Fd;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A descriptor in use by several requests at once. It is closed when the last has let go: a hostile guest that releases
 * what it is still reading must not find another file behind the same number.
 */
final class SharedFd implements AutoCloseable {
    private final Fd fd;
    private final AtomicInteger holds = new AtomicInteger(1);

    /** Takes ownership; the maker has the first hold. */
    SharedFd(int fd) {
        this.fd = new Fd(fd);
    }

    SharedFd(Fd fd) {
        this.fd = fd;
    }

    int value() {
        return fd.value();
    }

    Fd fd() {
        return fd;
    }

    /** One more hold; false if the descriptor has been closed. */
    boolean hold() {
        for (int now = holds.get(); now > 0; now = holds.get()) if (holds.compareAndSet(now, now + 1)) return true;
        return false;
    }

    /** Lets go of one hold. */
    @Override
    public void close() {
        if (holds.decrementAndGet() == 0) fd.close();
    }
}
