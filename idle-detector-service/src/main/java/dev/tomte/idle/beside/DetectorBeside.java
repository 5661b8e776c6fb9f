package dev.tomte.idle.beside;

import dev.tomte.contracts.Availability;
import dev.tomte.contracts.Cause;
import dev.tomte.idle.AvailabilityListener;
import dev.tomte.idle.Detection;
import dev.tomte.idle.Detector;
import dev.tomte.idle.HostAvailability;
import dev.tomte.idle.IdleDetector;
import dev.tomte.idle.OwnerReturned;
import dev.tomte.idle.policy.IdlePolicy;
import dev.tomte.idle.signal.MonotonicClock;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The agent's end of a detector in a process beside it. While there is none, and when it has said nothing for {@value
 * Availability#STALE_SECONDS} s, nothing is known of the host, and it is not available.
 */
public final class DetectorBeside implements Detector {
    private static final Duration EVERY = Duration.ofSeconds(1);
    private static final Duration CLOSE_WITHIN = Duration.ofSeconds(5);
    private static final System.Logger LOG = System.getLogger(DetectorBeside.class.getName());

    private final ServerSocketChannel listening;
    private final Supplier<Order> orders;
    private final OwnerReturned agent;
    private final AvailabilityListener listener;
    private final MonotonicClock clock;
    private final Semaphore changed = new Semaphore(0);
    private final Semaphore closing = new Semaphore(0);
    private final Thread hearing =
            Thread.ofPlatform().daemon().name("idle-hear").unstarted(this::hear);
    private final Thread ordering =
            Thread.ofPlatform().daemon().name("idle-order").unstarted(this::order);
    private final Thread telling =
            Thread.ofPlatform().daemon().name("idle-tell").unstarted(this::tell);
    private volatile Heard heard;
    private volatile @Nullable Link detector;
    private volatile boolean closed;

    /**
     * What was heard last.
     *
     * @param known empty: nothing counts any more, or yet
     * @param why nothing does
     * @param at by the clock
     * @param time of day, for people
     */
    private record Heard(Optional<HostAvailability> known, String why, long at, Instant time) {}

    private DetectorBeside(
            ServerSocketChannel listening,
            Supplier<Order> orders,
            OwnerReturned agent,
            AvailabilityListener listener,
            MonotonicClock clock) {
        this.listening = listening;
        this.orders = orders;
        this.agent = agent;
        this.listener = listener;
        this.clock = clock;
        heard = nothing("the idle detector has not been heard of yet");
    }

    /**
     * One that connects to a socket.
     *
     * @param socket in a directory that only this user can enter, which is made
     * @param cgroup the host's
     * @param policy as it is meant now; never waits
     * @param guests the cgroups of the guests on it now
     */
    public static Detection at(
            Path socket,
            Path cgroup,
            int cores,
            Supplier<IdlePolicy> policy,
            Supplier<? extends Collection<Path>> guests) {
        Supplier<Order> orders = () -> new Order(
                cgroup.toString(),
                cores,
                policy.get(),
                guests.get().stream().map(Path::toString).toList());
        return (agent, listener) -> begin(socket, orders, agent, listener, MonotonicClock.SYSTEM);
    }

    static DetectorBeside begin(
            Path socket,
            Supplier<Order> orders,
            OwnerReturned agent,
            AvailabilityListener listener,
            MonotonicClock clock)
            throws IOException {
        DetectorBeside beside = new DetectorBeside(listen(socket), orders, agent, listener, clock);
        beside.hearing.start();
        beside.ordering.start();
        beside.telling.start();
        return beside;
    }

    private static ServerSocketChannel listen(Path socket) throws IOException {
        Path directory = socket.toAbsolutePath().getParent();
        if (directory == null) throw new IOException(socket + " cannot be a socket");
        Files.createDirectories(directory);
        // who cannot enter it cannot connect
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
        Files.deleteIfExists(socket);
        return ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(socket));
    }

    @Override
    public HostAvailability current() {
        Heard last = heard;
        Duration ago = ago(last);
        if (last.known().isEmpty()) return unknown(last.why(), last.time(), ago);
        if (isSilent(last))
            return unknown("the idle detector has said nothing for " + ago.toSeconds() + " s", last.time(), ago);
        return last.known().get();
    }

    private Duration ago(Heard last) {
        return Duration.ofNanos(clock.nanos() - last.at());
    }

    private boolean isSilent(Heard last) {
        return ago(last).toSeconds() >= Availability.STALE_SECONDS;
    }

    private static HostAvailability unknown(String why, Instant since, Duration lasting) {
        return new HostAvailability(
                Availability.State.UNKNOWN,
                Cause.UNKNOWN,
                why,
                since,
                lasting,
                0,
                0,
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    private Heard nothing(String why) {
        return new Heard(Optional.empty(), why, clock.nanos(), Instant.now());
    }

    /** One detector after the other: the next is heard when the last has ended. */
    private void hear() {
        try {
            while (!closed) {
                String why = heardOut();
                detector = null;
                if (!closed) LOG.log(System.Logger.Level.WARNING, "{0}", why);
                heard = nothing(why);
                changed.release();
                if (closing.tryAcquire(EVERY.toMillis(), TimeUnit.MILLISECONDS)) return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Takes what the next one says, until that is over; says why it is. */
    private String heardOut() {
        try (Link next = new Link(listening.accept())) {
            heard = nothing("the idle detector has just begun");
            detector = next;
            if (closed) return "";
            next.send(orders.get());
            while (true) take(next.receive(Word::read));
        } catch (AsynchronousCloseException e) {
            return "the idle detector beside the agent is gone: it neither spoke nor listened";
        } catch (IOException | RuntimeException e) {
            return "the idle detector beside the agent is gone: " + e.getMessage();
        }
    }

    private void take(Word word) {
        switch (word) {
            case Word.Returned(String why) -> returned(why);
            case Word.Stands(HostAvailability now) -> {
                heard = new Heard(Optional.of(now), "", clock.nanos(), Instant.now());
                changed.release();
            }
        }
    }

    private void returned(String why) {
        try {
            agent.returned(why);
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "the agent did not take the owner's return", e);
        }
    }

    private void order() {
        try {
            do {
                Link now = detector;
                if (now != null) order(now);
            } while (!closing.tryAcquire(EVERY.toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void order(Link to) {
        try {
            to.send(orders.get());
        } catch (IOException | RuntimeException e) {
            LOG.log(System.Logger.Level.DEBUG, "an order does not reach the idle detector", e);
            // whoever hears it sees the end, too
            to.close();
        }
    }

    private void tell() {
        try {
            while (!closed) {
                if (changed.tryAcquire(IdleDetector.TELL_EVERY.toMillis(), TimeUnit.MILLISECONDS))
                    changed.drainPermits();
                if (closed) return;
                Link now = detector;
                if (now != null && isSilent(heard)) now.close();
                try {
                    listener.told(current());
                } catch (RuntimeException e) {
                    LOG.log(System.Logger.Level.WARNING, "availability could not be told", e);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits for its threads, for a listener that hangs 5 s at most. */
    @Override
    public void close() {
        closed = true;
        closing.release(2);
        changed.release();
        try {
            listening.close();
            Link now = detector;
            if (now != null) now.close();
            for (Thread each : List.of(hearing, ordering, telling)) each.join(CLOSE_WITHIN);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "a socket did not close well", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
