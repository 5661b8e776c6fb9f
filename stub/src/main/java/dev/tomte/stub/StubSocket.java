package dev.tomte.stub;

import dev.tomte.linux.Errno;
import dev.tomte.linux.Fd;
import dev.tomte.linux.Namespaces;
import dev.tomte.linux.OpenAt;
import dev.tomte.linux.UnixSocket;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Where a stub listens. */
public sealed interface StubSocket {
    /** @throws IOException if nobody listens there */
    UnixSocket connect() throws IOException;

    /** At a path of the agent's. */
    record At(Path path) implements StubSocket {
        @Override
        public UnixSocket connect() throws IOException {
            return UnixSocket.connect(path);
        }

        @Override
        public String toString() {
            return path.toString();
        }
    }

    /**
     * By an abstract name: a pod as a cluster makes it may have no place of its own for a file. That somebody else of the
     * pod listens there shows by the peer's PID.
     *
     * @param pid a process of the network namespace
     */
    record Named(int pid, String name) implements StubSocket {
        @Override
        public UnixSocket connect() throws IOException {
            Visit visit = new Visit(this);
            // a thread that has been in another network namespace is of no more use
            Thread thread = Thread.ofPlatform().name("stub-visit").start(visit);
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted", e);
            }
            return visit.connected();
        }

        @Override
        public String toString() {
            return "@" + name + " of " + pid;
        }
    }

    /** One connect in another network namespace, by a thread of its own. */
    final class Visit implements Runnable {
        private final Named where;
        private @Nullable UnixSocket socket;
        private @Nullable IOException failure;

        Visit(Named where) {
            this.where = where;
        }

        @Override
        public void run() {
            try (Fd network = OpenAt.open("/proc/" + where.pid() + "/ns/net", OpenAt.O_RDONLY)) {
                Namespaces.enter(network, Namespaces.CLONE_NEWNET);
                socket = UnixSocket.connectAbstract(where.name());
            } catch (Errno e) {
                failure = e;
            }
        }

        UnixSocket connected() throws IOException {
            if (failure != null) throw failure;
            UnixSocket there = socket;
            if (there == null) throw new IOException("nobody was at " + where);
            return there;
        }
    }
}
