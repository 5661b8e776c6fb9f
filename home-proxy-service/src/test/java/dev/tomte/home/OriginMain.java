package dev.tomte.home;

import dev.tomte.home.origin.Admission;
import dev.tomte.home.origin.HomePod;
import dev.tomte.home.origin.Homes;
import dev.tomte.home.origin.OriginServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;

/** An origin in a JVM of its own. Arguments: port, directory of certificates, state, the home stub's PID. */
final class OriginMain {
    private OriginMain() {}

    public static void main(String[] args) throws Exception {
        HomePod pod = new HomePod(Integer.parseInt(args[3]), 1000, 1000, List.of(), new LineKeeper());
        OriginServer.start(
                new OriginServer.Config(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(args[0])),
                        Path.of(args[1]),
                        Path.of(args[2])),
                new Homes() {
                    @Override
                    public Optional<HomePod> find(String process, String incarnation) {
                        return Optional.of(pod);
                    }

                    @Override
                    public Admission admit(String process, String incarnation, long epoch, String holder) {
                        return Admission.CURRENT;
                    }
                });
        LineKeeper.tell("READY");
        new CountDownLatch(1).await();
    }
}
