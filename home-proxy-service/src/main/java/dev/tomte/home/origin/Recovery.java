package dev.tomte.home.origin;

import java.io.IOException;
import java.nio.file.Path;

/** Opening a session: with what an earlier life of this JVM has left of it, if anything. */
final class Recovery {
    private Recovery() {}

    static Session open(Session.Key key, long epoch, boolean next, HomePod pod, Path journal) throws IOException {
        return new Session(key, epoch, next, pod, journal);
    }
}
