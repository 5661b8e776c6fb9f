package dev.tomte.home;

import dev.tomte.authority.Authority;
import dev.tomte.contracts.Peer;
import dev.tomte.home.mount.GuestMount;
import dev.tomte.home.origin.Admission;
import dev.tomte.home.origin.HomePod;
import dev.tomte.home.origin.Homes;
import dev.tomte.home.origin.OriginServer;
import dev.tomte.linux.Fd;
import dev.tomte.linux.OpenAt;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** A home pod, a guest pod, an origin and a mount between them, in one JVM; and a register that says what it is told. */
public final class HomeFixture implements AutoCloseable {
    public static final String PROCESS = "p-test0001";
    public static final String INCARNATION = "pod-1";
    public static final String HOLDER = "ws2";
    public static final Duration SOON = Duration.ofSeconds(20);

    private final Authority authority;
    public final MemoryKeeper homeKeeper = new MemoryKeeper();
    public final MemoryKeeper guestKeeper = new MemoryKeeper();
    public final Path directory;
    public final Pod home;
    public final Pod guest;
    public OriginServer origin;
    public volatile long epoch = 1;
    public volatile String holder = HOLDER;
    /** As whom the process runs. */
    public volatile int uid = 1000;

    public volatile List<Integer> groups = List.of();
    /** The host and epoch that a move would give the process next. */
    public volatile long nextEpoch;

    public HomeFixture(Path directory) throws Exception {
        this.directory = directory;
        authority = Authority.open(directory.resolve("authority"));
        for (String host : List.of("ws1", HOLDER, "ws3")) issue(host, Peer.Role.HOST);
        home = Pod.start(directory.resolve("home"));
        guest = Pod.start(directory.resolve("guest"));
        origin = startOrigin(0);
    }

    /** Makes a certificate, to be found by {@link #tls}. */
    public void issue(String name, Peer.Role role) throws IOException {
        authority.issue(directory.resolve("tls"), name, role);
    }

    public OriginServer startOrigin(int port) throws IOException {
        return startOrigin(port, 1 << 16);
    }

    /** @param files how many files a guest may know before it is asked to forget some */
    public OriginServer startOrigin(int port, int files) throws IOException {
        return OriginServer.start(
                new OriginServer.Config(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
                        tls("ws1"),
                        directory.resolve("state"),
                        files),
                new Homes() {
                    @Override
                    public Optional<HomePod> find(String process, String incarnation) {
                        if (!process.equals(PROCESS) || !incarnation.equals(INCARNATION)) return Optional.empty();
                        return Optional.of(new HomePod(home.stubPid(), uid, uid, groups, homeKeeper));
                    }

                    @Override
                    public Admission admit(String process, String incarnation, long wanted, String who) {
                        if (wanted == epoch && who.equals(holder)) return Admission.CURRENT;
                        if (wanted == epoch + 1 && wanted == nextEpoch) return Admission.NEXT;
                        return Admission.STALE;
                    }
                });
    }

    public Path tls(String host) {
        return directory.resolve("tls").resolve(host);
    }

    public GuestMount.Config config(long wanted) {
        return config(wanted, HOLDER);
    }

    public GuestMount.Config config(long wanted, String who) {
        return config(wanted, who, origin.port());
    }

    private GuestMount.Config config(long wanted, String who, int port) {
        return new GuestMount.Config(
                PROCESS,
                INCARNATION,
                wanted,
                new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
                "ws1",
                tls(who),
                guest.stubPid(),
                guestKeeper);
    }

    public GuestMount mount() throws IOException {
        return GuestMount.open(config(epoch), SOON);
    }

    /** With an origin that is not this fixture's. */
    public GuestMount mount(int port) throws IOException {
        return GuestMount.open(config(epoch, HOLDER, port), SOON);
    }

    /** A process in the guest's namespace that does nothing, through whose root the mount can be reached. */
    public Process resident(GuestMount mount) throws IOException {
        Process process = guest.runIn(mount.namespace(), uid, "cat");
        process.getOutputStream().write('\n');
        process.getOutputStream().flush();
        // the echo says that it runs
        if (process.getInputStream().read() != '\n') throw new IOException(Pod.output(process));
        return process;
    }

    /** The guest's home directory, opened by root. */
    public static Fd directory(Process resident, String path) throws IOException {
        return OpenAt.open("/proc/" + resident.pid() + "/root" + path, OpenAt.O_PATH | OpenAt.O_DIRECTORY);
    }

    @Override
    public void close() throws IOException {
        origin.close();
        guest.close();
        home.close();
        homeKeeper.close();
        guestKeeper.close();
    }
}
