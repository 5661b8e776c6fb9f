package dev.tomte.idle.policy;

import dev.tomte.contracts.Availability.State;
import dev.tomte.contracts.Cause;
import dev.tomte.idle.signal.OwnerLoad;
import dev.tomte.idle.signal.Presence;
import dev.tomte.idle.signal.Reading;
import dev.tomte.idle.signal.Stall;
import java.util.OptionalLong;

/** Facts that speak for an idle host, until told otherwise. The time does not begin at zero: nanoTime does not either. */
final class Scene {
    static final long SECOND = 1_000_000_000L;
    static final long BEGIN = -5_000 * SECOND;

    long now = BEGIN;
    Reading<Presence> input = seen(Presence.Kind.WATCHED, "input", 3600);
    Reading<Presence> terminals = new Reading.Absent<>("no terminals");
    Reading<Presence> sessions = new Reading.Absent<>("no logind");
    Reading<Presence> inhibitors = new Reading.Absent<>("no logind");
    Reading<OwnerLoad> load = new Reading.Known<>(new OwnerLoad(0.1, 1.5), now);
    Reading<Stall> pressure = new Reading.Absent<>("no PSI");
    Reading<Long> memory = new Reading.Known<>(4L << 30, now);

    Reading<Presence> seen(Presence.Kind kind, String what, double secondsAgo) {
        return new Reading.Known<>(new Presence(kind, what, now - (long) (secondsAgo * SECOND)), now);
    }

    Scene input(double secondsAgo) {
        input = seen(Presence.Kind.USED, "keyboard", secondsAgo);
        return this;
    }

    Scene load(double cores) {
        load = new Reading.Known<>(new OwnerLoad(cores, 0), now);
        return this;
    }

    Scene stall(double cpu, double memory) {
        pressure = new Reading.Known<>(new Stall(cpu, memory), now);
        return this;
    }

    Scene memory(long mebibytes) {
        memory = new Reading.Known<>(mebibytes << 20, now);
        return this;
    }

    Facts facts() {
        return new Facts(now, input, terminals, sessions, inhibitors, load, pressure, memory);
    }

    /** Available since then, with a first hold. */
    static Standing available(double secondsAgo) {
        long since = BEGIN - (long) (secondsAgo * SECOND);
        return new Standing(
                State.AVAILABLE,
                Cause.NONE,
                "",
                since,
                since - 60 * SECOND,
                30 * SECOND,
                OptionalLong.empty(),
                OptionalLong.empty());
    }

    /** As {@link #available}, and short of something since then. */
    static Standing strained(double secondsAgo) {
        Standing before = available(3600);
        return new Standing(
                before.state(),
                before.cause(),
                before.why(),
                before.since(),
                before.left(),
                before.hold(),
                OptionalLong.of(BEGIN - (long) (secondsAgo * SECOND)),
                OptionalLong.empty());
    }

    /** Taken so long ago, and calm for so long. */
    static Standing taken(double secondsAgo, double calmFor) {
        long since = BEGIN - (long) (secondsAgo * SECOND);
        return new Standing(
                State.UNAVAILABLE,
                Cause.SETTLING,
                "",
                since,
                since,
                30 * SECOND,
                OptionalLong.empty(),
                OptionalLong.of(BEGIN - (long) (calmFor * SECOND)));
    }
}
