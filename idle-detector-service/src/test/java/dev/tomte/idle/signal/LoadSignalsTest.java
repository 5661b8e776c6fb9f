package dev.tomte.idle.signal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Load, pressure, memory and run queue, by files that look as the kernel's. */
@Timeout(60)
class LoadSignalsTest {
    private static final long S = Readings.SECOND;

    @TempDir
    Path host;

    private final Set<Path> guests = new HashSet<>();

    private Path cgroup(Path path, long usage) throws IOException {
        Files.createDirectories(path);
        Files.writeString(path.resolve("cpu.stat"), "usage_usec %d\nuser_usec 1\nsystem_usec 2\n".formatted(usage));
        return path;
    }

    private void assertLoad(double owner, double foreign, Reading<OwnerLoad> reading) {
        OwnerLoad load = Readings.known(reading);
        assertEquals(owner, load.owner(), 1e-6, "the owner's");
        assertEquals(foreign, load.guests(), 1e-6, "the guests'");
    }

    @Test
    void theOwnersUseIsTheHostsLessTheGuests() throws IOException {
        Path guest = cgroup(host.resolve("g1"), 500_000_000);
        guests.add(guest);
        cgroup(host, 900_000_000);
        OwnerCpu cpu = new OwnerCpu(host, () -> guests);
        assertInstanceOf(Reading.Unknown.class, cpu.read(-2 * S));
        cgroup(host, 902_000_000);
        cgroup(guest, 501_500_000);
        assertLoad(0.5, 1.5, cpu.read(-S));
        cgroup(host, 904_000_000);
        cgroup(guest, 503_500_000);
        assertLoad(0.25, 1.75, cpu.read(0));
    }

    @Test
    void aGuestThatHasLeftIsNotTakenForTheOwner() throws IOException {
        cgroup(host, 0);
        OwnerCpu cpu = new OwnerCpu(host, () -> guests);
        cpu.read(0);
        Path guest = cgroup(host.resolve("g1"), 1_000_000);
        guests.add(guest);
        cgroup(host, 1_000_000);
        assertLoad(0, 1, cpu.read(S));
        // its last second is in the host's sum, and its cgroup has gone
        Files.delete(guest.resolve("cpu.stat"));
        guests.clear();
        cgroup(host, 2_000_000);
        assertLoad(0, 1, cpu.read(2 * S));
        cgroup(host, 3_000_000);
        assertLoad(1 / 3.0, 2 / 3.0, cpu.read(3 * S));
    }

    @Test
    void aGuestTakenOffTheListIsAGuestUntilItsCgroupGoes() throws IOException {
        Path guest = cgroup(host.resolve("g1"), 50_000_000);
        guests.add(guest);
        cgroup(host, 60_000_000);
        OwnerCpu cpu = new OwnerCpu(host, () -> guests);
        cpu.read(0);
        guests.clear();
        cgroup(host, 61_000_000);
        cgroup(guest, 51_000_000);
        assertLoad(0, 1, cpu.read(S));
        guests.add(guest);
        cgroup(host, 62_000_000);
        assertLoad(0.5, 0.5, cpu.read(2 * S));
    }

    @Test
    void theAverageForgetsWhatIsOlderThanItsWindow() throws IOException {
        cgroup(host, 0);
        OwnerCpu cpu = new OwnerCpu(host, () -> guests);
        cpu.read(0);
        cgroup(host, 10_000_000);
        for (int second = 1; second <= 6; second++) cpu.read(second * S);
        assertLoad(0, 0, cpu.read(7 * S));
    }

    @Test
    void aHostWithoutItsCgroupOrWithANewOneIsUnknown() throws IOException {
        OwnerCpu cpu = new OwnerCpu(host, () -> guests);
        assertInstanceOf(Reading.Unknown.class, cpu.read(0));
        cgroup(host, 5_000_000);
        cpu.read(S);
        cpu.read(2 * S);
        cgroup(host, 1_000);
        assertInstanceOf(Reading.Unknown.class, cpu.read(3 * S));
        cgroup(host, 501_000);
        assertLoad(0.5, 0, cpu.read(4 * S));
        Files.writeString(host.resolve("cpu.stat"), "nonsense\n");
        assertInstanceOf(Reading.Unknown.class, cpu.read(5 * S));
    }

    private void pressure(Path path, double cpu, double memory) throws IOException {
        Files.createDirectories(path);
        String text =
                "some avg10=%.2f avg60=0.00 avg300=0.00 total=1\nfull avg10=99.00 avg60=0.00 avg300=0.00 total=0\n";
        Files.writeString(path.resolve("cpu.pressure"), text.formatted(cpu));
        Files.writeString(path.resolve("memory.pressure"), text.formatted(memory));
    }

    @Test
    void pressureOfTheGuestsIsNotTheOwners() throws IOException {
        pressure(host, 90, 8);
        pressure(host.resolve("g1"), 95, 80);
        pressure(host.resolve("home1"), 4, 2);
        pressure(host.resolve("home2"), 3, 3);
        Pressure signal = new Pressure(host, () -> guests);
        assertEquals(new Stall(0.9, 0.08), Readings.known(signal.read(1)));
        guests.add(host.resolve("g1"));
        assertEquals(new Stall(0.04, 0.03), Readings.known(signal.read(2)));
        guests.add(host.resolve("home1").resolve("tree"));
        guests.add(host.resolve("home2"));
        assertInstanceOf(Reading.Absent.class, signal.read(3));
    }

    @Test
    void theOwnersOwnPodsCountAlsoBesideAGuestsPod() throws IOException {
        Path pods = host.resolve("kubepods");
        pressure(host.resolve("system"), 1, 1);
        pressure(pods, 90, 90);
        pressure(pods.resolve("owners"), 40, 5);
        pressure(pods.resolve("guests"), 80, 80);
        pressure(pods.resolve("guests/pause"), 0, 0);
        pressure(pods.resolve("guests/stub"), 80, 80);
        guests.add(pods.resolve("guests/stub"));
        assertEquals(new Stall(0.4, 0.05), Readings.known(new Pressure(host, () -> guests).read(1)));
    }

    @Test
    void aKernelWithoutPressureSaysSo() throws IOException {
        Pressure signal = new Pressure(host, () -> guests);
        assertInstanceOf(Reading.Absent.class, signal.read(1));
        Files.createDirectory(host.resolve("home1"));
        guests.add(host.resolve("g1"));
        assertInstanceOf(Reading.Absent.class, signal.read(2));
        pressure(host.resolve("home1"), 1, 1);
        Files.writeString(host.resolve("home1").resolve("cpu.pressure"), "some avg10=x\n");
        assertInstanceOf(Reading.Unknown.class, signal.read(3));
    }

    @Test
    void memoryLeftIsTheLessOfTheMachinesAndTheLimits() throws IOException {
        Path meminfo = host.resolve("meminfo");
        Files.writeString(meminfo, "MemTotal:       24683652 kB\nMemAvailable:   1048576 kB\n");
        MemoryLeft left = new MemoryLeft(meminfo, host, OptionalLong.empty());
        assertEquals(1L << 30, Readings.known(left.read(1)));
        Files.writeString(host.resolve("memory.max"), "max\n");
        assertEquals(1L << 30, Readings.known(left.read(2)));
        Files.writeString(host.resolve("memory.max"), "1000000\n");
        Files.writeString(host.resolve("memory.current"), "400000\n");
        assertEquals(600_000, Readings.known(left.read(3)));
        assertEquals(5_000, Readings.known(new MemoryLeft(meminfo, host, OptionalLong.of(5_000)).read(4)));
        Files.writeString(meminfo, "MemTotal: 1 kB\n");
        assertInstanceOf(Reading.Unknown.class, left.read(5));
    }

    @Test
    void theRunQueueCountsTheOwnersRunningProcesses() throws IOException {
        Path proc = Files.createDirectory(host.resolve("proc"));
        Path root = Files.createDirectory(host.resolve("cgroup"));
        Path guest = Files.createDirectory(root.resolve("guest"));
        Path home = Files.createDirectory(root.resolve("home"));
        Files.writeString(root.resolve("cgroup.procs"), "0\n11\n");
        Files.writeString(home.resolve("cgroup.procs"), "12\n13\n");
        Files.writeString(guest.resolve("cgroup.procs"), "14\n");
        for (String pid : new String[] {"11", "12", "14"}) {
            Files.createDirectory(proc.resolve(pid));
            Files.writeString(proc.resolve(pid).resolve("stat"), pid + " (a) S (b) R 1 1\n");
        }
        guests.add(guest);
        RunQueue queue = new RunQueue(root, proc, () -> guests);
        assertEquals(new RunQueueAverages(2, 2, 2), Readings.known(queue.read(0)));
        Files.writeString(proc.resolve("12").resolve("stat"), "12 (a) R) S 1 1\n");
        RunQueueAverages later = Readings.known(queue.read(60 * S));
        assertEquals(1 + Math.exp(-1), later.one(), 1e-9);
        assertTrue(later.five() > later.one() && later.fifteen() > later.five());
        Files.delete(root.resolve("cgroup.procs"));
        assertInstanceOf(Reading.Unknown.class, queue.read(61 * S));
    }
}
