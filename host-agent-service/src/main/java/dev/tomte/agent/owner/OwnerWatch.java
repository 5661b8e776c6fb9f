package dev.tomte.agent.owner;

import dev.tomte.agent.process.Guests;
import dev.tomte.agent.process.HomeProcesses;
import dev.tomte.contracts.Availability;
import dev.tomte.idle.AvailabilityListener;
import dev.tomte.idle.Detection;
import dev.tomte.idle.Detector;
import dev.tomte.idle.HostAvailability;
import dev.tomte.idle.PlayedOwner;
import java.io.IOException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The idle detector beside the agent. On the owner's return it stops all guests before anybody else is told; when the
 * host is available again, those that could not leave go on. It never moves anything: who hears of the host's
 * availability does.
 */
public final class OwnerWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(OwnerWatch.class);

    private final HomeProcesses homes;
    private final Guests guests;
    private final AvailabilityListener listener;
    private final Optional<PlayedSeat> seat;
    private final Detector detector;

    /**
     * Begins to watch.
     *
     * @param host how it is watched
     * @param played the owner, where one is played
     * @param listener is told what is to be said of the host, at once when it changes and every few seconds
     * @throws IOException if the host cannot be watched
     */
    public OwnerWatch(
            Detection host,
            Optional<PlayedOwner> played,
            HomeProcesses homes,
            Guests guests,
            AvailabilityListener listener)
            throws IOException {
        this.homes = homes;
        this.guests = guests;
        this.listener = listener;
        if (played.isPresent()) played.get().prepare();
        seat = played.map(PlayedSeat::new);
        detector = host.begin(guests::hold, this::told);
    }

    private void told(HostAvailability now) {
        boolean isFree = now.state() == Availability.State.AVAILABLE;
        homes.ownerIs(!isFree);
        if (isFree) guests.release();
        listener.told(now);
    }

    /** Has it said anew what is known: something else about the host has changed. */
    public void say() {
        listener.told(detector.current());
    }

    /** The owner comes, or goes; nothing happens where none is played. */
    public void play(boolean there) {
        seat.ifPresentOrElse(
                it -> it.take(there), () -> LOG.warn("this host's owner is a person and cannot be played"));
    }

    @Override
    public void close() {
        seat.ifPresent(PlayedSeat::close);
        detector.close();
    }
}
