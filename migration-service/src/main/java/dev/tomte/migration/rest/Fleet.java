package dev.tomte.migration.rest;

import dev.tomte.contracts.Availability;
import dev.tomte.contracts.ProcessStatus;
import dev.tomte.migration.access.Access;
import dev.tomte.migration.access.Caller;
import dev.tomte.migration.journal.Outbox;
import dev.tomte.migration.orchestration.Doorkeeper;
import dev.tomte.migration.orchestration.Refusal;
import dev.tomte.migration.view.FleetView;
import io.prometheus.client.Counter;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** What the API's resources need: the view, once it has been read, and the way to the owners of partitions. */
public final class Fleet {
    private static final Counter REFUSALS = Counter.build(
                    "tomte_api_refusals_total", "What the API has refused before anything was begun, by its kind.")
            .labelNames("kind")
            .register();

    /** A caller who waits is answered after so long, whatever has come. */
    static final Duration LONGEST_WAIT = Duration.ofMinutes(5);

    private final FleetView view;
    private final BooleanSupplier isReady;
    private final CatchingUp catchingUp;
    private final Outbox outbox;
    private final Clock clock;
    private final Doorkeeper doorkeeper;
    private final Access access;

    /** Waits until the view has all that has been told by now; false if that takes too long. */
    @FunctionalInterface
    public interface CatchingUp {
        boolean succeeds() throws InterruptedException;
    }

    public Fleet(
            FleetView view,
            BooleanSupplier isReady,
            CatchingUp catchingUp,
            Outbox outbox,
            Clock clock,
            Doorkeeper doorkeeper,
            Access access) {
        this.view = view;
        this.isReady = isReady;
        this.catchingUp = catchingUp;
        this.outbox = outbox;
        this.clock = clock;
        this.doorkeeper = doorkeeper;
        this.access = access;
    }

    /** What this caller may know: whatever is answered comes from there. */
    public Sight seenBy(Caller caller) {
        return new Sight(this, access, caller);
    }

    /**
     * All of it, whoever asks.
     *
     * @throws Problem if the topics have not been read yet
     */
    public FleetView view() {
        if (!isReady.getAsBoolean()) throw Problem.notReady();
        return view;
    }

    /** @throws Problem if the process's home has never been heard of */
    public Availability home(ProcessStatus process) {
        return view().host(process.home())
                .orElseThrow(() -> Problem.silent(
                        "%s, the home of %s, has never been heard of".formatted(process.home(), process.name())));
    }

    Outbox outbox() {
        return outbox;
    }

    Doorkeeper doorkeeper() {
        return doorkeeper;
    }

    Instant now() {
        return clock.instant();
    }

    /**
     * What the view has, or has when it has caught up: another replica may have answered the caller already.
     *
     * @throws Problem if it is not there, and the view cannot catch up
     */
    <T> Optional<T> sought(Supplier<Optional<T>> question) {
        Optional<T> known = question.get();
        if (known.isPresent()) return known;
        try {
            if (!catchingUp.succeeds())
                throw Problem.silent("It is not known here, and the broker does not say whether there is news."
                        + " Ask again in a moment");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Problem.silent("This replica ends. Ask the other one");
        }
        return question.get();
    }

    <T> Optional<T> await(Duration limit, Supplier<Optional<T>> question) {
        try {
            return view.await(limit, question);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Problem.silent("This replica ends. Ask the other one");
        }
    }

    /** @param seconds as a caller gave them */
    static Duration wait(int seconds) {
        if (seconds < 0) throw Problem.invalid("wait=%d is negative".formatted(seconds));
        Duration wait = Duration.ofSeconds(seconds);
        return wait.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : wait;
    }

    static void refuse(Refusal refusal) {
        REFUSALS.labels(refusal.kind().name().toLowerCase(Locale.ROOT)).inc();
        throw Problem.of(refusal);
    }
}
