package dev.tomte.idle.signal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The kernel's own cgroups, with an owner and a guest that each use a processor for a moment. */
@Timeout(60)
class RealCgroupTest {
    private final List<Process> processes = new ArrayList<>();
    private Path host = Path.of("/nowhere");

    @BeforeEach
    void makeCgroups() throws Exception {
        String mount = Files.readAllLines(Path.of("/proc/self/mountinfo")).stream()
                .filter(line -> line.contains(" - cgroup2 "))
                .map(line -> line.split(" ", -1)[4])
                .findFirst()
                .orElseThrow();
        host = Path.of(mount, "tomte-idle-test-" + ProcessHandle.current().pid());
        Files.createDirectories(host.resolve("home"));
        Files.createDirectories(host.resolve("guest/tree"));
    }

    @AfterEach
    void removeCgroups() throws Exception {
        for (Process process : processes) process.destroyForcibly().waitFor();
        for (String child : List.of("guest/tree", "guest", "home", "."))
            remove(host.resolve(child).normalize());
    }

    /** The kernel lets a cgroup go when its last task has been reaped, which may be a moment after it was. */
    private static void remove(Path cgroup) throws Exception {
        while (Files.exists(cgroup)) {
            try {
                Files.delete(cgroup);
            } catch (java.io.IOException e) {
                Thread.sleep(5);
            }
        }
    }

    /** Spins in the cgroup from its first instruction on. */
    private void spin(Path cgroup) throws Exception {
        processes.add(new ProcessBuilder(
                        "/bin/sh", "-c", "echo $$ > \"$0/cgroup.procs\" && while :; do :; done", cgroup.toString())
                .start());
    }

    private static long usage(Path cgroup) throws Exception {
        Path file = cgroup.resolve("cpu.stat");
        return SmallFile.number(file, SmallFile.pairs(file, ' '), "usage_usec");
    }

    private static void awaitUse(Path cgroup) throws Exception {
        while (usage(cgroup) < 50_000) Thread.sleep(5);
    }

    @Test
    void ownerAndGuestAreToldApart() throws Exception {
        Path guest = host.resolve("guest");
        OwnerCpu cpu = new OwnerCpu(host, () -> List.of(guest));
        long before = usage(host);
        long guestBefore = usage(guest);
        cpu.read(0);
        spin(host.resolve("home"));
        spin(guest.resolve("tree"));
        awaitUse(host.resolve("home"));
        awaitUse(guest);
        // both want a processor nearly always, and the guest is not asked
        while (Readings.known(new RunQueue(host, Path.of("/proc"), () -> List.of(guest)).read(0))
                        .one()
                != 1.0) Thread.sleep(5);
        for (Process process : processes) process.destroyForcibly().waitFor();
        // now that nothing runs there, the sums stand still
        double micros = 1e6;
        OwnerLoad load = Readings.known(cpu.read(Readings.SECOND));
        assertEquals((usage(guest) - guestBefore) / micros, load.guests(), 1e-9);
        assertEquals((usage(host) - before - (usage(guest) - guestBefore)) / micros, load.owner(), 1e-9);
        assertTrue(load.owner() >= 0.04 && load.guests() >= 0.04, load::toString);
    }

    @Test
    void pressureIsAsTheKernelKeepsIt() {
        Pressure signal = new Pressure(host, () -> List.of(host.resolve("guest/tree")));
        Reading<Stall> reading = signal.read(7);
        if (Files.exists(host.resolve("home/cpu.pressure")) && Files.exists(host.resolve("home/memory.pressure")))
            assertEquals(new Stall(0, 0), Readings.known(reading));
        else assertTrue(reading instanceof Reading.Absent<Stall>);
    }
}
