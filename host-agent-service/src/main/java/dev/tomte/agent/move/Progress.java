package dev.tomte.agent.move;

import dev.tomte.contracts.Command.MovePlan;
import dev.tomte.contracts.MoveState;
import dev.tomte.contracts.MoveTable;
import dev.tomte.contracts.Outcome;
import java.util.LinkedHashMap;
import java.util.Map;

/** How far one side of a move has come, and the telling of it. One thread at a time. */
final class Progress {
    private static final System.Logger LOG = System.getLogger(Progress.class.getName());

    private final Surroundings around;
    private final MovePlan plan;
    private final String side;
    private final Map<String, Long> micros = new LinkedHashMap<>();
    private MoveState state;
    private long bytes;

    Progress(Surroundings around, MovePlan plan, String side, MoveState from) {
        this.around = around;
        this.plan = plan;
        this.side = side;
        this.state = from;
    }

    MoveState state() {
        return state;
    }

    void sent(long bytes) {
        this.bytes = bytes;
    }

    /** Keeps a phase's duration; told with the next state. */
    void took(String phase, long micros) {
        this.micros.put(phase, micros);
    }

    /** The same, from its beginning by {@link Pause#micros()} until now. */
    void tookSince(String phase, long began) {
        took(phase, around.pause().micros() - began);
    }

    /** Enters a state without telling: the other side tells of it. */
    void enterQuietly(MoveState next) {
        state = MoveTable.advance(state, next);
        LOG.log(System.Logger.Level.INFO, "{0} {1}: {2}", side, next, plan);
        at(next.name());
    }

    /** @throws IllegalStateException if the table does not allow it */
    void enter(MoveState next, String message) {
        state = MoveTable.advance(state, next);
        LOG.log(System.Logger.Level.INFO, "{0} {1}: {2} {3}", side, next, plan, message);
        tell(next, message);
        at(next.name());
    }

    void enter(MoveState next) {
        enter(next, "");
    }

    /** Tells where it stands, without a step. */
    void tell(MoveState told, String message) {
        around.outcomes().publish(outcome(told, message));
    }

    /** To be done before the note goes: without either, a later agent would know nothing of this end. */
    void keep(MoveState end, String message) {
        around.outcomes().keep(outcome(end, message));
    }

    private Outcome outcome(MoveState told, String message) {
        return new Outcome(
                plan.process(),
                around.host(),
                plan.migration(),
                told,
                told != MoveState.REFUSED && told != MoveState.ROLLED_BACK && told != MoveState.LOST,
                message,
                micros,
                bytes,
                around.pause().now());
    }

    /** A fail point of this side. */
    void at(String name) {
        around.failPoint().reached(side + "-" + name, plan.process());
    }
}
