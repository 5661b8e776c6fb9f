package dev.tomte.migration.placement;

import dev.tomte.contracts.Migration;
import dev.tomte.contracts.MoveState;
import dev.tomte.contracts.Reason;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A process's past, from its journal: so every replica knows the same, and nobody need remember it. */
final class History {
    private static final Duration HOUR = Duration.ofHours(1);
    private static final Duration LONGEST_INSISTING = Duration.ofMinutes(1);

    private final List<Migration> moves;
    private final Instant now;
    private final Limits limits;

    /** @param moves of one process, in any order */
    History(List<Migration> moves, Instant now, Limits limits) {
        this.moves = moves.stream()
                .sorted(Comparator.comparing(History::asked).reversed())
                .toList();
        this.now = now;
        this.limits = limits;
    }

    private static Instant asked(Migration move) {
        return move.times().getOrDefault(MoveState.REQUESTED, Instant.EPOCH);
    }

    private static boolean isOwn(Migration move) {
        return move.reason() == Reason.PLACEMENT || move.reason().isEviction();
    }

    private static boolean hasFailed(Migration move) {
        return move.state() == MoveState.REFUSED || move.state() == MoveState.ROLLED_BACK;
    }

    private static Instant ended(Migration move) {
        return move.times().getOrDefault(move.state(), asked(move));
    }

    /** Within the last hour, without anybody's asking. */
    int recent() {
        return (int) moves.stream()
                .filter(move -> isOwn(move) && asked(move).isAfter(now.minus(HOUR)))
                .count();
    }

    boolean isUnderWay() {
        return moves.stream().anyMatch(move -> !move.state().isFinal());
    }

    /** Whether somebody asked for it to be on this host. */
    boolean wasPutOn(String holder) {
        return moves.stream()
                .filter(move -> move.state() == MoveState.SETTLED)
                .findFirst()
                .filter(move ->
                        move.reason() == Reason.OPERATOR && move.plan().target().equals(holder))
                .isPresent();
    }

    /** It is not placed before. */
    Instant restsUntil() {
        Instant rest = Instant.EPOCH;
        for (Migration move : moves) {
            if (!move.reason().isEviction() || move.state() != MoveState.SETTLED) continue;
            rest = ended(move).plus(limits.restAfterEviction());
            break;
        }
        Instant failed = after(Reason.PLACEMENT, limits.restAfterFailure(), HOUR);
        return failed.isAfter(rest) ? failed : rest;
    }

    /** An eviction of it is not tried again before. */
    Instant staysUntil() {
        return after(null, limits.insistAfterFailure(), LONGEST_INSISTING);
    }

    /** After its failures in a row, of one kind or of evictions: each doubles the rest. */
    private Instant after(@Nullable Reason reason, Duration first, Duration longest) {
        Instant last = Instant.EPOCH;
        Duration rest = first;
        boolean any = false;
        for (Migration move : moves) {
            boolean counts = reason == null ? move.reason().isEviction() : move.reason() == reason;
            if (!counts || !move.state().isFinal()) continue;
            if (!hasFailed(move)) break;
            if (any) rest = rest.multipliedBy(2);
            if (!any) last = ended(move);
            any = true;
            if (rest.compareTo(longest) >= 0) {
                rest = longest;
                break;
            }
        }
        return any ? last.plus(rest) : Instant.EPOCH;
    }

    /** The hosts to which its moves have failed within the hour. */
    Set<String> avoided() {
        Set<String> avoided = new HashSet<>();
        for (Migration move : moves)
            if (isOwn(move) && hasFailed(move) && ended(move).isAfter(now.minus(HOUR)))
                avoided.add(move.plan().target());
        return avoided;
    }
}
