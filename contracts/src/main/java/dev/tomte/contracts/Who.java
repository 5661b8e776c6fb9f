package dev.tomte.contracts;

import com.fasterxml.jackson.annotation.JsonEnumDefaultValue;
import java.util.Locale;

/** Whose processes. */
public enum Who {
    /** Also what a newer version may mean by a word that is not known here. */
    @JsonEnumDefaultValue
    NONE,
    /** The host's owner's. */
    OWNER,
    ALL;

    /** As people write it: "owner". */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** @throws IllegalArgumentException if it is none of "none", "owner" and "all" */
    public static Who of(String word) {
        for (Who who : values()) if (who.word().equals(word)) return who;
        throw new IllegalArgumentException("'%s' is none of: none, owner, all"
                .formatted(word.length() > 40 ? word.substring(0, 40) + "..." : word));
    }
}
