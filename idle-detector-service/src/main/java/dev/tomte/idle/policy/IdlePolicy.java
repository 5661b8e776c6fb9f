package dev.tomte.idle.policy;

import dev.tomte.contracts.Availability.State;
import dev.tomte.contracts.Cause;
import dev.tomte.idle.signal.OwnerLoad;
import dev.tomte.idle.signal.Presence;
import dev.tomte.idle.signal.Reading;
import dev.tomte.idle.signal.Stall;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * Whether a host may take guests: a pure function from how it stood and what was read to how it stands.
 *
 * <ul>
 *   <li>The owner's presence takes an available host back at once; load, pressure and memory only when they last.
 *   <li>What cannot be known, or is stale, is never idle.
 *   <li>It becomes available only when everything has been quiet for long enough, and not before a hold that doubles with
 *       every return that comes soon after: an owner who comes and goes does not send guests back and forth.
 * </ul>
 */
public record IdlePolicy(Profile profile, IdleSettings settings) {

    /** A shortage in words. */
    private record Strain(Cause cause, String why) {}

    /** How a host stands of which nothing has been read. */
    public Standing begin(long now) {
        return new Standing(
                State.UNKNOWN,
                Cause.UNKNOWN,
                "the watch has just begun",
                now,
                now,
                settings.nanos(Setting.HOLD_SHORTEST),
                OptionalLong.empty(),
                OptionalLong.empty());
    }

    /** The next standing; its words are new even where nothing else is. */
    public Standing next(Standing before, Facts facts) {
        long now = facts.now();
        boolean available = before.isAvailable();
        Optional<Strain> strain = strain(available, facts);
        OptionalLong strained = strain.isEmpty() ? OptionalLong.empty() : first(before.strained(), now);
        OptionalLong calm = strain.isPresent() ? OptionalLong.empty() : first(before.calm(), now);

        Optional<String> owner = owner(before, facts);
        if (owner.isPresent()) return taken(before, now, State.UNAVAILABLE, Cause.OWNER, owner.get(), strained, calm);
        Optional<String> unknown = unknown(facts);
        if (unknown.isPresent())
            // what was not known was not calm either
            return taken(before, now, State.UNKNOWN, Cause.UNKNOWN, unknown.get(), strained, OptionalLong.empty());
        if (available) {
            if (strain.isPresent() && now - strained.orElse(now) >= settings.nanos(Setting.STRAIN_BUSY))
                return taken(
                        before,
                        now,
                        State.UNAVAILABLE,
                        strain.get().cause(),
                        strain.get().why(),
                        strained,
                        calm);
            return free(before, now, strain.map(Strain::why).orElseGet(() -> quiet(facts)), strained, calm);
        }
        if (strain.isPresent())
            return taken(
                    before,
                    now,
                    State.UNAVAILABLE,
                    strain.get().cause(),
                    strain.get().why(),
                    strained,
                    calm);
        long wait = wait(before, facts, calm.orElse(now));
        if (wait > 0) {
            String why = "quiet, and available in " + Words.time(wait + 999_999_999) + " if it stays so";
            return taken(before, now, State.UNAVAILABLE, Cause.SETTLING, why, strained, calm);
        }
        return free(before, now, quiet(facts), OptionalLong.empty(), OptionalLong.empty());
    }

    private static OptionalLong first(OptionalLong before, long now) {
        return before.isPresent() ? before : OptionalLong.of(now);
    }

    private Standing taken(
            Standing before, long now, State state, Cause cause, String why, OptionalLong strained, OptionalLong calm) {
        long since = before.state() == state ? before.since() : now;
        if (!before.isAvailable())
            return new Standing(state, cause, why, since, before.left(), before.hold(), strained, calm);
        boolean flap = now - before.since() < settings.nanos(Setting.RESTFUL);
        long hold = flap
                ? Math.min(before.hold() * 2, settings.nanos(Setting.HOLD_LONGEST))
                : settings.nanos(Setting.HOLD_SHORTEST);
        // judged by the stricter thresholds from now on: what was calm and strained begins anew
        return new Standing(state, cause, why, since, now, hold, OptionalLong.empty(), OptionalLong.empty());
    }

    private static Standing free(Standing before, long now, String why, OptionalLong strained, OptionalLong calm) {
        long since = before.isAvailable() ? before.since() : now;
        return new Standing(State.AVAILABLE, Cause.NONE, why, since, before.left(), before.hold(), strained, calm);
    }

    /** Nanoseconds until everything has been quiet for long enough; not more than zero when it has. */
    private long wait(Standing before, Facts facts, long calm) {
        long now = facts.now();
        long wait = Math.max(before.left() + before.hold() - now, calm + settings.nanos(Setting.STRAIN_QUIET) - now);
        for (Presence presence : presences(facts).toList())
            wait = Math.max(wait, presence.at() + settings.nanos(Setting.INPUT_QUIET) - now);
        return wait;
    }

    private List<Reading<Presence>> presenceReadings(Facts facts) {
        return switch (profile) {
            case WORKSTATION -> List.of(facts.input(), facts.terminals(), facts.sessions(), facts.inhibitors());
            case SERVER -> List.of();
        };
    }

    private Stream<Presence> presences(Facts facts) {
        return presenceReadings(facts).stream().mapMulti((reading, sink) -> {
            if (reading instanceof Reading.Known<Presence>(var presence, var at)) sink.accept(presence);
        });
    }

    /**
     * The owner's newest sign in words, where it counts: any use since the host became available, however late it is
     * judged, and what is newer than the thresholds. An old reading of a new sign is a sign.
     */
    private Optional<String> owner(Standing before, Facts facts) {
        boolean available = before.isAvailable();
        long limit = settings.nanos(available ? Setting.INPUT_BUSY : Setting.INPUT_QUIET);
        return presences(facts)
                .filter(presence -> presence.kind() != Presence.Kind.WATCHED)
                .filter(presence ->
                        facts.now() - presence.at() < limit || (available && presence.at() - before.since() > 0))
                .min((a, b) -> Long.compare(facts.now() - a.at(), facts.now() - b.at()))
                .map(presence -> presence.kind() == Presence.Kind.LASTING
                        ? presence.what()
                        : presence.what() + " " + Words.time(facts.now() - presence.at()) + " ago");
    }

    private Optional<String> unknown(Facts facts) {
        List<Reading<?>> needed = new ArrayList<>(presenceReadings(facts));
        needed.addAll(List.of(facts.load(), facts.pressure(), facts.memory()));
        for (Reading<?> reading : needed) {
            switch (reading) {
                case Reading.Unknown<?>(String why) -> {
                    return Optional.of(why);
                }
                case Reading.Known<?>(Object value, long at) -> {
                    long age = facts.now() - at;
                    if (age > settings.nanos(Setting.STALE))
                        return Optional.of("nothing new is known since " + Words.time(age));
                }
                case Reading.Absent<?> absent -> {}
            }
        }
        if (profile == Profile.WORKSTATION && facts.input() instanceof Reading.Absent<Presence>(String why))
            return Optional.of(why + ", so nothing tells whether the owner is at it");
        return facts.load() instanceof Reading.Absent<OwnerLoad>(String why) ? Optional.of(why) : Optional.empty();
    }

    private Optional<Strain> strain(boolean available, Facts facts) {
        if (facts.memory() instanceof Reading.Known<Long>(Long left, long at)
                && left < settings.value(available ? Setting.MEMORY_BUSY : Setting.MEMORY_QUIET))
            return Optional.of(new Strain(Cause.MEMORY, Words.bytes(left) + " of memory left"));
        if (facts.load() instanceof Reading.Known<OwnerLoad>(OwnerLoad load, long at)
                && load.owner() > settings.value(available ? Setting.LOAD_BUSY : Setting.LOAD_QUIET))
            return Optional.of(new Strain(Cause.LOAD, "owner uses " + Words.cores(load.owner())));
        if (facts.pressure() instanceof Reading.Known<Stall>(Stall stall, long at)) {
            if (stall.cpu() > settings.value(available ? Setting.CPU_STALL_BUSY : Setting.CPU_STALL_QUIET))
                return Optional.of(new Strain(
                        Cause.PRESSURE, "owner waits " + Words.share(stall.cpu()) + " of the time for a processor"));
            if (stall.memory() > settings.value(available ? Setting.MEMORY_STALL_BUSY : Setting.MEMORY_STALL_QUIET))
                return Optional.of(new Strain(
                        Cause.PRESSURE, "owner waits " + Words.share(stall.memory()) + " of the time for memory"));
        }
        return Optional.empty();
    }

    private String quiet(Facts facts) {
        List<String> words = new ArrayList<>();
        presences(facts)
                .mapToLong(presence -> facts.now() - presence.at())
                .min()
                .ifPresent(age -> words.add("no input for " + Words.time(age)));
        if (facts.load() instanceof Reading.Known<OwnerLoad>(OwnerLoad load, long at))
            words.add("owner uses " + Words.cores(load.owner()));
        return String.join(", ", words);
    }
}
