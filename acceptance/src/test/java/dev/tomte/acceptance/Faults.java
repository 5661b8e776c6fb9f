package dev.tomte.acceptance;

import static org.awaitility.Awaitility.await;

import dev.tomte.fleet.Layout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** What tests do to a fleet: they kill its services with -9, and cut its cables. */
final class Faults {
    private static final Duration LIMIT = Duration.ofSeconds(90);
    private static final Layout LAYOUT = new Layout(Fleet.name(), Fleet.state(), Fleet.run(), Path.of("/nonexistent"));

    private final Fleet fleet;

    Faults(Fleet fleet) {
        this.fleet = fleet;
    }

    /** A service's PID and the time at which it started, as its keeper has noted them. */
    private static String pidFile(String service) throws IOException {
        Path file = Fleet.run().resolve("services").resolve(service + ".pid");
        return Files.exists(file) ? Files.readString(file).strip() : "";
    }

    /** Kills a service, and does something before its keeper starts it again, which is after a second. */
    void kill(String service, Runnable then) throws IOException {
        String noted = pidFile(service);
        long pid = Long.parseLong(noted.substring(0, noted.indexOf(' ')));
        ProcessHandle.of(pid).orElseThrow().destroyForcibly();
        then.run();
        await(service + " is started again").atMost(LIMIT).until(() -> {
            String now = pidFile(service);
            return !now.isEmpty() && !now.equals(noted);
        });
    }

    /** Waits until a host that was killed speaks for itself again. */
    void awaitBack(String host, Instant killed) {
        await(host + " is back").atMost(LIMIT).until(() -> {
            Rest.Answer answer = fleet.rest().get("/hosts/" + host);
            return answer.ok()
                    && Instant.parse(answer.json().path("at").asString()).isAfter(killed.plusSeconds(1));
        });
    }

    /** Ends every process of a host's pods at once, as if its power had failed. */
    void killAllOf(String host) throws IOException {
        Files.writeString(Checker.cgroups().resolve(host).resolve("cgroup.kill"), "1");
    }

    /** Lets no packet pass between two hosts, in either direction, until it is closed; without an answer to anyone. */
    Cut cut(String one, String other) {
        return new Cut(one, other);
    }

    static final class Cut implements AutoCloseable {
        private final String one;
        private final String other;

        private Cut(String one, String other) {
            this.one = one;
            this.other = other;
            route("add", one, other);
            route("add", other, one);
        }

        private static void route(String verb, String at, String to) {
            String address = LAYOUT.hostAddress(Fleet.HOSTS.indexOf(to)) + "/32";
            Shell.run(
                            Duration.ofSeconds(10),
                            Map.of(),
                            List.of("ip", "-n", LAYOUT.namespace(at), "route", verb, "blackhole", address))
                    .expect(0);
        }

        @Override
        public String toString() {
            return "the cut between " + one + " and " + other;
        }

        @Override
        public void close() {
            route("del", one, other);
            route("del", other, one);
        }
    }
}
