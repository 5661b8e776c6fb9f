package dev.tomte.idle.beside;

import dev.tomte.idle.Detector;
import dev.tomte.idle.IdleDetector;
import dev.tomte.idle.Watched;
import dev.tomte.idle.policy.IdlePolicy;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** One watch: begins with an agent's first order, and ends with its connection. */
final class Watching {
    private final Link agent;
    private final Watched host;
    private volatile IdlePolicy policy;
    private volatile List<Path> guests = List.of();

    /** @throws IOException if the agent gives no order that can be followed */
    Watching(Link agent, Path root) throws IOException {
        this.agent = agent;
        Order first = agent.receive(Order::read);
        host = Watched.machine(root, Path.of(first.cgroup()), first.cores(), () -> guests);
        take(first);
    }

    /** Returns by an exception only. */
    void go() throws IOException {
        try (Detector _ = IdleDetector.start(
                host, () -> policy, why -> say(new Word.Returned(why)), now -> say(new Word.Stands(now)))) {
            while (true) take(agent.receive(Order::read));
        }
    }

    private void take(Order order) {
        policy = order.policy();
        guests = order.guests().stream().map(Path::of).toList();
    }

    private void say(Word word) {
        try {
            agent.send(word);
        } catch (IOException e) {
            // whoever receives sees the end, too
            agent.close();
        }
    }
}
