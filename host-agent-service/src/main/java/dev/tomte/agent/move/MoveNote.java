package dev.tomte.agent.move;

import com.fasterxml.jackson.annotation.JsonEnumDefaultValue;
import dev.tomte.contracts.Command.MovePlan;
import dev.tomte.contracts.Json;
import java.nio.charset.StandardCharsets;

/** What an agent must know of a move after it has been killed. */
record MoveNote(MoveNotes.Role role, MovePlan plan, Stage stage) {
    enum Stage {
        /** Source: the tree may be frozen; the target has not been told that the images are whole. */
        FREEZING,
        /** Source: the target may have restored; nothing is proposed. */
        RESTORING,
        /** Source: the register may say anything. */
        PROPOSED,
        /** Target: there is a room; RESTORED has not been answered. */
        PREPARED,
        /** Target: RESTORED may have been answered. */
        RESTORED,
        @JsonEnumDefaultValue
        UNKNOWN
    }

    byte[] bytes() {
        return Json.write(this).getBytes(StandardCharsets.UTF_8);
    }

    /** @throws tools.jackson.core.JacksonException if it is none */
    static MoveNote of(byte[] bytes) {
        return Json.read(new String(bytes, StandardCharsets.UTF_8), MoveNote.class);
    }
}
