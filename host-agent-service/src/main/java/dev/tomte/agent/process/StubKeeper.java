package dev.tomte.agent.process;

import dev.tomte.agent.pod.StubLine;
import dev.tomte.home.Keeper;
import dev.tomte.linux.Errno;
import dev.tomte.linux.Fd;
import java.io.IOException;
import java.util.List;

/** A stub as the keeper of descriptors. */
record StubKeeper(StubLine stub) implements Keeper {
    @Override
    public void keep(String key, List<Fd> fds) throws IOException {
        stub.tell(connection -> connection.keep(key, fds));
    }

    @Override
    public List<Fd> take(String key) throws IOException {
        try {
            return stub.ask(connection -> connection.take(key));
        } catch (Errno e) {
            if (e.code() == Errno.ENOENT) return List.of();
            throw e;
        }
    }

    @Override
    public void drop(String key) throws IOException {
        stub.tell(connection -> connection.drop(key));
    }

    @Override
    public List<String> keys(String prefix) throws IOException {
        return stub.ask(connection -> connection.kept().keySet().stream()
                .filter(key -> key.startsWith(prefix))
                .toList());
    }
}
