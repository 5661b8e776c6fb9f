package dev.tomte.idle.policy;

import dev.tomte.contracts.Availability;
import dev.tomte.contracts.Cause;
import java.util.OptionalLong;

/**
 * How a host stands, with what the policy must remember for its next judgement. Times are the detector's clock's.
 *
 * @param why in words
 * @param since when the state began
 * @param left when the host stopped to be available, or the watch began
 * @param hold nanoseconds that must pass after {@code left} before it may be available again
 * @param strained since when load, pressure or memory speak against the state: against staying available above busy,
 *     against becoming it above quiet
 * @param calm since when they do not
 */
public record Standing(
        Availability.State state,
        Cause cause,
        String why,
        long since,
        long left,
        long hold,
        OptionalLong strained,
        OptionalLong calm) {

    public boolean isAvailable() {
        return state == Availability.State.AVAILABLE;
    }

    /** Whether the owner is there who was not in the standing before: every guest must stop now. */
    public boolean ownerReturnedAfter(Standing before) {
        return cause == Cause.OWNER && before.cause() != Cause.OWNER;
    }
}
