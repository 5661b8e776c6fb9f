package dev.tomte.contracts;

import com.fasterxml.jackson.annotation.JsonEnumDefaultValue;
import java.util.Locale;

/** What a move is for. */
public enum Reason {
    /** Somebody asked for it. */
    OPERATOR,
    /** There is a host that nobody needs. */
    PLACEMENT,
    /** The owner of the host it is on is back, or nothing tells whether. */
    OWNER,
    /** The host it is on runs short of processors or memory. */
    PRESSURE,
    /** The host it is on is to be emptied. */
    DRAIN,
    /** The host it is on does not take it in any more. */
    POLICY,
    @JsonEnumDefaultValue
    UNKNOWN;

    /** As people write it: "owner". */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Whether the process had to leave where it was. */
    public boolean isEviction() {
        return switch (this) {
            case OWNER, PRESSURE, DRAIN, POLICY -> true;
            case OPERATOR, PLACEMENT, UNKNOWN -> false;
        };
    }
}
