package dev.tomte.migration.release;

import dev.tomte.contracts.ProcessStatus;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Before a release is taken away: every process goes home, where it runs on without Tomte. */
public final class Recall {
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final Duration AGAIN = Duration.ofSeconds(2);

    private Recall() {}

    /** @param args the service's URL, and the directory of a certificate that may ask for moves */
    public static void main(String[] args) throws InterruptedException {
        if (args.length != 2) {
            System.err.println("usage: Recall URL CERTIFICATES");
            System.exit(2);
        }
        try (ReleaseApi api = new ReleaseApi(URI.create(args[0]), Path.of(args[1]))) {
            System.exit(recall(api) ? 0 : 1);
        } catch (IOException e) {
            System.err.println("not all are known to be at home: " + e.getMessage());
            System.err.println(
                    "helm uninstall --no-hooks takes the release away all the same; what is away then is lost");
            System.exit(1);
        }
    }

    private static boolean recall(ReleaseApi api) throws IOException, InterruptedException {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (true) {
            List<ProcessStatus> away =
                    api.processes().stream().filter(ProcessStatus::isAway).toList();
            if (away.isEmpty()) {
                System.out.println("all processes are at home");
                return true;
            }
            if (System.nanoTime() > end) {
                System.err.println(away.size() + " processes are still away");
                return false;
            }
            for (ProcessStatus process : away) {
                String why = api.sendHome(process.process(), "Tomte is taken away");
                System.out.printf(
                        "%s/%s: %s%n", process.namespace(), process.name(), why.isEmpty() ? "goes home" : why);
            }
            Thread.sleep(AGAIN);
        }
    }
}
