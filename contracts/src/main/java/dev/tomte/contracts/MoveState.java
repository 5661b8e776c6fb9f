package dev.tomte.contracts;

import com.fasterxml.jackson.annotation.JsonEnumDefaultValue;

/** Where a migration stands. {@link MoveTable} says which state may follow which. */
public enum MoveState {
    /** Asked for; nothing has been done. */
    REQUESTED,
    /** A target is chosen and told to prepare. */
    PLACED,
    /** The target has a guest pod with the home's files and waits. */
    PREPARED,
    /** The process stands still at its source. */
    FROZEN,
    /** A copy stands at the target; nothing of it has run. */
    RESTORED,
    /** The home's register names the target. */
    COMMITTED,
    /** The process runs at the target; the source has nothing left of it. */
    SETTLED,
    /** It cannot move; nothing was frozen. */
    REFUSED,
    /** It runs on at its source, as if nothing had been tried. */
    ROLLED_BACK,
    /** The process ended, or its home died, while it moved. */
    LOST,
    /** A state of a newer version. */
    @JsonEnumDefaultValue
    UNKNOWN;

    /** Whether nothing more will happen to a migration in this state. */
    public boolean isFinal() {
        return switch (this) {
            case SETTLED, REFUSED, ROLLED_BACK, LOST -> true;
            case REQUESTED, PLACED, PREPARED, FROZEN, RESTORED, COMMITTED, UNKNOWN -> false;
        };
    }
}
