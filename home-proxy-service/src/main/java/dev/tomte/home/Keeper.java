package dev.tomte.home;

import dev.tomte.linux.Fd;
import java.io.IOException;
import java.util.List;

/**
 * A store of open descriptors that outlives this JVM: a stub's. Keys are 1 to 128 characters of {@code [A-Za-z0-9/._-]}.
 * Any thread may call; calls of one key happen in the order in which they were made.
 */
public interface Keeper {
    /**
     * Deposits duplicates, in place of what the key held before. When this returns, they survive the caller's death.
     *
     * @param fds one to four descriptors, which stay the caller's
     */
    void keep(String key, List<Fd> fds) throws IOException;

    /**
     * New duplicates of what was deposited, in the same order; the deposit stays until it is dropped, so that a caller
     * that dies right after this call loses nothing.
     *
     * @return the caller's descriptors; empty if there is no such key
     */
    List<Fd> take(String key) throws IOException;

    /** Forgets a key; nothing happens if there is none. */
    void drop(String key) throws IOException;

    /** The keys that begin with the prefix. */
    List<String> keys(String prefix) throws IOException;
}
