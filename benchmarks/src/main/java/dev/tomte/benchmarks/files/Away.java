package dev.tomte.benchmarks.files;

import dev.tomte.home.Keeper;
import dev.tomte.home.mount.GuestMount;
import dev.tomte.home.origin.Admission;
import dev.tomte.home.origin.HomePod;
import dev.tomte.home.origin.Homes;
import dev.tomte.home.origin.OriginServer;
import dev.tomte.linux.Fd;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** The home mount, TLS and all, as a guest has it. */
final class Away implements World {
    private final GuestMount mount;
    private final int pid;

    private Away(GuestMount mount, int pid) {
        this.mount = mount;
        this.pid = pid;
    }

    /** Serves the pod's files to whoever has the certificate. */
    static OriginServer origin(int stub, Path certificates, Path state) throws IOException {
        HomePod pod = new HomePod(stub, 1000, 1000, List.of(), NOTHING);
        return OriginServer.start(new OriginServer.Config(address(0), certificates, state), new Homes() {
            @Override
            public Optional<HomePod> find(String process, String incarnation) {
                return Optional.of(pod);
            }

            @Override
            public Admission admit(String process, String incarnation, long epoch, String holder) {
                return Admission.CURRENT;
            }
        });
    }

    /** A fresh mount, whose kernel knows nothing yet. */
    static Away mount(int port, Path certificates, int guestStub) throws IOException {
        GuestMount.Config config =
                new GuestMount.Config("p-bench", "pod-1", 1, address(port), "ws1", certificates, guestStub, NOTHING);
        return new Away(GuestMount.open(config, Duration.ofSeconds(20)), guestStub);
    }

    private static InetSocketAddress address(int port) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    @Override
    public List<String> enter() {
        String namespace = "/proc/" + ProcessHandle.current().pid() + "/fd/"
                + mount.namespace().value();
        return List.of("nsenter", "-t", Integer.toString(pid), "-p", "--mount=" + namespace, "--");
    }

    @Override
    public void close() {
        mount.close();
    }

    /** Nobody is killed here. */
    private static final Keeper NOTHING = new Keeper() {
        @Override
        public void keep(String key, List<Fd> fds) {}

        @Override
        public List<Fd> take(String key) {
            return List.of();
        }

        @Override
        public void drop(String key) {}

        @Override
        public List<String> keys(String prefix) {
            return List.of();
        }
    };
}
