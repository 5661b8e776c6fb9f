package dev.tomte.home;

import dev.tomte.home.mount.GuestMount;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;

/** A guest mount in a JVM of its own. Arguments: open or resume, port, directory of certificates, the guest stub's PID. */
final class MountMain {
    private MountMain() {}

    public static void main(String[] args) throws Exception {
        GuestMount.Config config = new GuestMount.Config(
                HomeFixture.PROCESS,
                HomeFixture.INCARNATION,
                1,
                new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(args[1])),
                "ws1",
                Path.of(args[2]),
                Integer.parseInt(args[3]),
                new LineKeeper());
        GuestMount mount = args[0].equals("open")
                ? GuestMount.open(config, HomeFixture.SOON)
                : GuestMount.resume(config).orElseThrow();
        LineKeeper.tell("READY");
        new CountDownLatch(1).await();
        mount.close();
    }
}
