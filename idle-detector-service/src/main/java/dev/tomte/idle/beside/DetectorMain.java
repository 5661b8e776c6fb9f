package dev.tomte.idle.beside;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;

/**
 * The idle detector of one host as a process of its own: {@code SOCKET ROOT}. SOCKET is where its agent listens; ROOT is
 * where the host's /dev and /run/systemd are seen, and {@code /} on the host itself. The host's processes and cgroups it
 * must see where the host has them.
 *
 * <p>It reads no settings and knows neither Kafka nor the cluster: the agent says how the host is to be judged.
 */
public final class DetectorMain {
    private static final Duration AGAIN = Duration.ofSeconds(1);
    private static final System.Logger LOG = System.getLogger(DetectorMain.class.getName());

    private DetectorMain() {}

    public static void main(String[] arguments) throws InterruptedException {
        if (arguments.length != 2) {
            System.err.println("usage: DetectorMain SOCKET ROOT");
            System.exit(2);
        }
        UnixDomainSocketAddress agent = UnixDomainSocketAddress.of(arguments[0]);
        Path root = Path.of(arguments[1]);
        String last = "";
        while (true) {
            String why = watched(agent, root);
            if (!why.equals(last)) LOG.log(System.Logger.Level.INFO, "nothing is watched: {0}", why);
            last = why;
            Thread.sleep(AGAIN);
        }
    }

    /** Watches while the agent listens; why that is over. */
    private static String watched(UnixDomainSocketAddress agent, Path root) {
        try (Link link = new Link(SocketChannel.open(agent))) {
            new Watching(link, root).go();
            return "";
        } catch (IOException e) {
            return String.valueOf(e.getMessage());
        }
    }
}
