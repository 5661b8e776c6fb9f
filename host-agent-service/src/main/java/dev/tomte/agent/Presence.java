package dev.tomte.agent;

import dev.tomte.agent.bus.Voice;
import dev.tomte.agent.process.Guests;
import dev.tomte.agent.process.HostRooms;
import dev.tomte.contracts.Availability;
import dev.tomte.contracts.Availability.Notice;
import dev.tomte.contracts.SharePolicy;
import dev.tomte.idle.AvailabilityListener;
import dev.tomte.idle.HostAvailability;
import dev.tomte.idle.signal.OwnerLoad;
import dev.tomte.linux.ProcFs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;

/** Says that this host is there, what it has, and what its detector thinks of it. */
final class Presence implements AvailabilityListener {
    private final HostConfig config;
    private final Voice voice;
    private final HostRooms rooms;
    private final Guests guests;
    private final Supplier<SharePolicy> policy;
    private final Set<String> features;
    private final String kernel;
    private final String guestLimits;
    private final Supplier<Notice> notice;

    /**
     * @param guestLimits what guests may take, in words
     * @param notice what its cluster asks of this host now
     */
    Presence(
            HostConfig config,
            Voice voice,
            HostRooms rooms,
            Guests guests,
            Supplier<SharePolicy> policy,
            String guestLimits,
            Supplier<Notice> notice)
            throws IOException {
        this.guestLimits = guestLimits;
        this.notice = notice;
        this.config = config;
        this.voice = voice;
        this.rooms = rooms;
        this.guests = guests;
        this.policy = policy;
        features = new TreeSet<>(ProcFs.cpuFeatures());
        features.removeAll(config.cpuWithout());
        kernel = Files.readString(Path.of("/proc/sys/kernel/osrelease")).strip();
    }

    @Override
    public synchronized void told(HostAvailability now) {
        OwnerLoad load = now.load().orElse(new OwnerLoad(0, 0));
        try {
            voice.publish(new Availability(
                    config.host(),
                    now.state(),
                    now.why(),
                    now.since(),
                    Instant.now(),
                    config.address(),
                    config.agentPort(),
                    config.originPort(),
                    config.root().toString(),
                    now.freeCores(),
                    rooms.freeMemory(),
                    features,
                    kernel,
                    guests.count(),
                    new Availability.Sharing(
                            now.cause(),
                            now.lasting().toMillis(),
                            now.inputIdle().map(Duration::toMillis).orElse(null),
                            config.sharing().cores(),
                            load.owner(),
                            load.guests(),
                            guests.held(),
                            System.getProperty("os.arch"),
                            config.sharing().pool(),
                            policy.get(),
                            config.sharing().played().isPresent(),
                            guestLimits,
                            notice.get())));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
