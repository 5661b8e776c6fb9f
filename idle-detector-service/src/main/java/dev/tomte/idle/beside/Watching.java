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
    private final Lines agent;
    private final Watched host;
    private volatile IdlePolicy policy;
    private volatile List<Path> guests = List.of();

    /** @throws IOException if the agent gives no order that can be followed */
    Watching(Lines agent, Path root) throws IOException {
        this.agent = agent;
        Order first = agent.receive(Order.class);
        host = Watched.machine(root, Path.of(first.cgroup()), first.cores(), () -> guests);
        take(first);
    }

    /** Returns by an exception only. */
    void go() throws IOException {
        try (Detector _ = IdleDetector.start(
                host, () -> policy, why -> say(new Word.Returned(why)), now -> say(new Word.Stands(now)))) {
            while (true) take(agent.receive(Order.class));
        }
    }

    private void take(Order order) throws IOException {
        policy = policy(order);
        guests = order.guests().stream().map(Path::of).toList();
    }

    private static IdlePolicy policy(Order order) throws IOException {
        try {
            return order.policy();
        } catch (IllegalArgumentException e) {
            throw new IOException("what the agent means cannot be: " + e.getMessage(), e);
        }
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
