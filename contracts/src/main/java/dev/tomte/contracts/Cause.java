package dev.tomte.contracts;

import com.fasterxml.jackson.annotation.JsonEnumDefaultValue;

/** Why a host is not available; {@link #NONE} where it is. */
public enum Cause {
    NONE,
    /** The owner is there. */
    OWNER,
    /** The owner's processes need the processors. */
    LOAD,
    /** The owner's tasks wait. */
    PRESSURE,
    /** Little memory is left. */
    MEMORY,
    /** Nothing speaks against it any more, but not for long enough. */
    SETTLING,
    /** Something cannot be known, or nothing was heard of it. */
    @JsonEnumDefaultValue
    UNKNOWN
}
