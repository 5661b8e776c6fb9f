package dev.tomte.migration.release;

import dev.tomte.contracts.Availability;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** {@code helm test}: whether the service answers, and as many nodes are heard of as there should be. */
public final class Trial {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final Duration AGAIN = Duration.ofSeconds(2);

    private Trial() {}

    /** @param args the service's URL, and the directory of a certificate that may read */
    public static void main(String[] args) throws InterruptedException, IOException {
        if (args.length != 2) {
            System.err.println("usage: Trial URL CERTIFICATES");
            System.exit(2);
        }
        long end = System.nanoTime() + LIMIT.toNanos();
        String missing;
        do {
            missing = missing(URI.create(args[0]), Path.of(args[1]));
            if (missing.isEmpty()) System.exit(0);
            Thread.sleep(AGAIN);
        } while (System.nanoTime() < end);
        System.err.println(missing);
        System.exit(1);
    }

    private static String missing(URI service, Path certificates) throws InterruptedException {
        try (ReleaseApi api = new ReleaseApi(service, certificates)) {
            List<Availability> hosts = api.hosts();
            if (hosts.isEmpty()) return "no node has been heard of: see the logs of tomte-node";
            for (Availability host : hosts)
                if (host.isSilent(Instant.now()))
                    return "%s has not been heard of since %s: see the log of its tomte-node"
                            .formatted(host.host(), host.at());
            for (Availability host : hosts)
                System.out.printf("%s: %s, %d guests%n", host.host(), host.state(), host.guests());
            return "";
        } catch (IOException e) {
            return "%s does not answer: %s".formatted(service, e.getMessage());
        }
    }
}
