package dev.tomte.agent;

import dev.tomte.agent.bus.Voice;
import dev.tomte.agent.process.Guests;
import dev.tomte.agent.process.HostRooms;
import dev.tomte.contracts.Availability;
import dev.tomte.linux.ProcFs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Set;
import java.util.TreeSet;

/** Says that this host is there, and what it has. */
final class Presence {
    /** How often it is said. */
    static final int SECONDS = 3;

    private final HostConfig config;
    private final Voice voice;
    private final HostRooms rooms;
    private final Guests guests;
    private final Instant since = Instant.now();
    private final Set<String> features;
    private final String kernel;

    Presence(HostConfig config, Voice voice, HostRooms rooms, Guests guests) throws IOException {
        this.config = config;
        this.voice = voice;
        this.rooms = rooms;
        this.guests = guests;
        features = new TreeSet<>(ProcFs.cpuFeatures());
        features.removeAll(config.cpuWithout());
        kernel = Files.readString(Path.of("/proc/sys/kernel/osrelease")).strip();
    }

    void say() {
        try {
            voice.publish(new Availability(
                    config.host(),
                    Availability.State.AVAILABLE,
                    "its agent is up",
                    since,
                    Instant.now(),
                    config.address(),
                    config.agentPort(),
                    config.originPort(),
                    config.root().toString(),
                    freeCpu(),
                    rooms.freeMemory(),
                    features,
                    kernel,
                    guests.count()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** CPUs that nothing runs on, by the last minute's load of the machine. */
    private static double freeCpu() throws IOException {
        String load = Files.readString(Path.of("/proc/loadavg"));
        double busy = Double.parseDouble(load.substring(0, load.indexOf(' ')));
        return Math.max(0, Runtime.getRuntime().availableProcessors() - busy);
    }
}
