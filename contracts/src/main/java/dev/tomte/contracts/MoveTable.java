package dev.tomte.contracts;

import static dev.tomte.contracts.MoveState.COMMITTED;
import static dev.tomte.contracts.MoveState.FROZEN;
import static dev.tomte.contracts.MoveState.LOST;
import static dev.tomte.contracts.MoveState.PLACED;
import static dev.tomte.contracts.MoveState.PREPARED;
import static dev.tomte.contracts.MoveState.REFUSED;
import static dev.tomte.contracts.MoveState.REQUESTED;
import static dev.tomte.contracts.MoveState.RESTORED;
import static dev.tomte.contracts.MoveState.ROLLED_BACK;
import static dev.tomte.contracts.MoveState.SETTLED;

import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/**
 * The one table of a migration's states and their legal moves. Agents advance by it, the journal is kept by it, and the
 * diagram in docs/ is generated from it.
 */
public final class MoveTable {
    private static final Map<MoveState, Set<MoveState>> NEXT = Map.of(
            REQUESTED, EnumSet.of(PLACED, REFUSED),
            PLACED, EnumSet.of(PREPARED, REFUSED),
            PREPARED, EnumSet.of(FROZEN, REFUSED, ROLLED_BACK, LOST),
            FROZEN, EnumSet.of(RESTORED, ROLLED_BACK, LOST),
            RESTORED, EnumSet.of(COMMITTED, ROLLED_BACK, LOST),
            COMMITTED, EnumSet.of(SETTLED, LOST));

    private MoveTable() {}

    /** The states that may follow; empty for a final one. */
    public static Set<MoveState> next(MoveState from) {
        return NEXT.getOrDefault(from, Set.of());
    }

    public static boolean isLegal(MoveState from, MoveState to) {
        return next(from).contains(to);
    }

    /**
     * {@code to}, if it may follow.
     *
     * @throws IllegalStateException if it may not
     */
    public static MoveState advance(MoveState from, MoveState to) {
        if (!isLegal(from, to)) throw new IllegalStateException("a move does not go from " + from + " to " + to);
        return to;
    }

    /**
     * Whether {@code to} lies ahead of {@code from} by any number of legal moves: what a journal may catch up with when
     * it heard nothing of the states between.
     */
    public static boolean isAhead(MoveState from, MoveState to) {
        return next(from).stream().anyMatch(next -> next == to || isAhead(next, to));
    }

    /** The table as a Mermaid state diagram. */
    public static String mermaid() {
        StringBuilder out = new StringBuilder("stateDiagram-v2\n    [*] --> REQUESTED\n");
        for (MoveState from : MoveState.values())
            for (MoveState to : next(from)) out.append("    %s --> %s%n".formatted(from, to));
        for (MoveState state : MoveState.values()) if (state.isFinal()) out.append("    %s --> [*]%n".formatted(state));
        return out.toString();
    }
}
