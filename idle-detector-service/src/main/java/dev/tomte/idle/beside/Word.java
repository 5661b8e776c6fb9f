package dev.tomte.idle.beside;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.tomte.idle.HostAvailability;

/** What a detector tells the agent beside it; {@code version} is {@link Lines#VERSION}. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "word")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Word.Returned.class, name = "returned"),
    @JsonSubTypes.Type(value = Word.Stands.class, name = "stands")
})
sealed interface Word {
    /** The owner has come back: every guest must stop. */
    record Returned(int version, String why) implements Word {
        public Returned {
            Lines.requireVersion(version);
        }

        public Returned(String why) {
            this(Lines.VERSION, why);
        }
    }

    /** What is known of the host. */
    record Stands(int version, HostAvailability now) implements Word {
        public Stands {
            Lines.requireVersion(version);
        }

        public Stands(HostAvailability now) {
            this(Lines.VERSION, now);
        }
    }
}
