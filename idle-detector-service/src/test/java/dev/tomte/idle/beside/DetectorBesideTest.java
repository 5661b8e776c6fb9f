package dev.tomte.idle.beside;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.contracts.Availability;
import dev.tomte.contracts.Availability.State;
import dev.tomte.contracts.Cause;
import dev.tomte.idle.Detector;
import dev.tomte.idle.HostAvailability;
import dev.tomte.idle.PlayedOwner;
import dev.tomte.idle.policy.IdlePolicy;
import dev.tomte.idle.policy.IdleSettings;
import dev.tomte.idle.policy.Profile;
import dev.tomte.idle.policy.Setting;
import dev.tomte.idle.signal.OwnerLoad;
import dev.tomte.idle.signal.RunQueueAverages;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An agent and the detector beside it, as processes, and what an agent makes of one that is not as it should be. */
@Timeout(120)
class DetectorBesideTest {
    @TempDir
    Path directory;

    private final BlockingQueue<HostAvailability> told = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> returns = new LinkedBlockingQueue<>();
    private final AtomicReference<IdlePolicy> policy = new AtomicReference<>(quick(Profile.WORKSTATION));
    private final AtomicLong clock = new AtomicLong();

    private static IdlePolicy quick(Profile profile) {
        return new IdlePolicy(
                profile,
                IdleSettings.standard(profile, 2)
                        .with(Map.of(
                                "input-quiet", "1s",
                                "input-busy", "1s",
                                "strain-quiet", "0s",
                                "hold-shortest", "100ms",
                                "hold-longest", "200ms",
                                "stale", "10min")));
    }

    private static HostAvailability free() {
        return new HostAvailability(
                State.AVAILABLE,
                Cause.NONE,
                "no input for 5 s",
                Instant.parse("2026-11-30T12:00:00.123456789Z"),
                Duration.ofNanos(5_000_000_001L),
                1.5,
                1L << 40,
                Optional.of(Duration.ofSeconds(7)),
                Optional.of(new OwnerLoad(0.25, 0.5)),
                Optional.of(new RunQueueAverages(1, 2, 3)));
    }

    private Path socket() {
        return directory.resolve("beside/idle/socket");
    }

    private Order order() {
        return new Order(directory.resolve("cgroup").toString(), 2, policy.get(), List.of("/guest"));
    }

    private Detector agent() throws IOException {
        return DetectorBeside.begin(socket(), this::order, returns::add, told::add, clock::get);
    }

    private SocketChannel connected() throws IOException {
        return SocketChannel.open(UnixDomainSocketAddress.of(socket()));
    }

    private Link detector() throws IOException {
        Link link = new Link(connected());
        assertEquals(order(), link.receive(Order::read));
        return link;
    }

    private Process process() throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx16m",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        DetectorMain.class.getName(),
                        socket().toString(),
                        directory.resolve("root").toString())
                .inheritIO()
                .start();
    }

    private HostAvailability await(Predicate<HostAvailability> wanted) throws InterruptedException {
        HostAvailability next;
        do {
            next = told.poll(60, TimeUnit.SECONDS);
            assertNotNull(next, "nothing more is told");
        } while (!wanted.test(next));
        return next;
    }

    @Test
    void aProcessBesideTheAgentWatchesAndItsDeathIsNotTakenForQuiet() throws Exception {
        Path cgroup = Files.createDirectory(directory.resolve("cgroup"));
        Files.writeString(cgroup.resolve("cpu.stat"), "usage_usec 1000\n");
        Files.writeString(cgroup.resolve("cgroup.procs"), "");
        PlayedOwner owner = new PlayedOwner(directory.resolve("root/dev")).prepare();
        try (Detector detector = DetectorBeside.at(socket(), cgroup, 2, policy::get, List::<Path>of)
                .begin(returns::add, told::add)) {
            assertEquals(State.UNKNOWN, detector.current().state());
            Process first = process();
            try {
                await(each -> each.state() == State.AVAILABLE);
                owner.pressKey();
                assertTrue(String.valueOf(returns.poll(60, TimeUnit.SECONDS)).startsWith("keyboard"));
                await(each -> each.cause() == Cause.OWNER);
                await(each -> each.state() == State.AVAILABLE);
                policy.set(new IdlePolicy(
                        Profile.WORKSTATION,
                        policy.get()
                                .settings()
                                .with(Setting.MEMORY_QUIET, 1e17)
                                .with(Setting.MEMORY_BUSY, 1e17)
                                .with(Setting.STRAIN_BUSY, 0)));
                await(each -> each.cause() == Cause.MEMORY);
                policy.set(quick(Profile.WORKSTATION));
                await(each -> each.state() == State.AVAILABLE);
            } finally {
                first.destroyForcibly().waitFor();
            }
            HostAvailability gone = await(each -> each.why().contains("is gone"));
            assertEquals(State.UNKNOWN, gone.state());
            assertEquals(State.UNKNOWN, detector.current().state());
            Process second = process();
            try {
                await(each -> each.state() == State.AVAILABLE);
            } finally {
                second.destroyForcibly().waitFor();
            }
            assertTrue(returns.isEmpty());
        }
    }

    @Test
    void oneThatSaysNothingMoreIsNotBelievedForEver() throws Exception {
        try (Detector detector = agent();
                Link link = detector()) {
            link.send(new Word.Stands(free()));
            assertEquals(free(), await(each -> each.state() == State.AVAILABLE));
            clock.addAndGet(TimeUnit.SECONDS.toNanos(Availability.STALE_SECONDS) - 1);
            assertEquals(State.AVAILABLE, detector.current().state());
            clock.addAndGet(1);
            assertEquals(State.UNKNOWN, detector.current().state());
            await(each -> each.state() == State.UNKNOWN);
            // another takes its place
            assertThrows(IOException.class, () -> {
                while (true) link.receive(Order::read);
            });
            detector().close();
        }
    }

    @ParameterizedTest
    @CsvSource({"2, 2, 'version 2 is spoken, and not 1'", "1, 3, there is no word 3"})
    void whatIsNotUnderstoodIsNotBelieved(byte version, byte kind, String why) throws Exception {
        try (Detector detector = agent();
                SocketChannel channel = connected()) {
            channel.write(ByteBuffer.wrap(new byte[] {version, kind}));
            HostAvailability refused = await(each -> each.why().contains("is gone"));
            assertEquals(State.UNKNOWN, refused.state());
            assertTrue(refused.why().contains(why), refused::why);
            assertEquals(State.UNKNOWN, detector.current().state());
        }
        assertFalse(told.stream().anyMatch(each -> each.state() == State.AVAILABLE));
    }

    @Test
    void nobodyElseCanEnterWhereTheAgentListens() throws Exception {
        try (Detector _ = agent()) {
            assertEquals(
                    "rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(socket().getParent())));
        }
    }

    @Test
    void settingsThatAreNotAllThereAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> IdleSettings.of(Map.of(Setting.STALE, 9.0)));
        assertEquals(
                policy.get().settings(), IdleSettings.of(policy.get().settings().values()));
    }
}
