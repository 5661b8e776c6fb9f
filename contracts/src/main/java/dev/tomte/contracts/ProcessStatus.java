package dev.tomte.contracts;

import com.fasterxml.jackson.annotation.JsonEnumDefaultValue;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What everybody should know of a process, on {@link Topics#PROCESSES}; written by its home's agent only.
 *
 * @param namespace of its home pod; {@link #DEFAULT_NAMESPACE} in a fleet
 * @param holder the host that holds it, by the register
 * @param since when the state or the holder last changed
 * @param exitStatus as a shell would say it: 0 to 255, 128 + n for signal n; null while it has not ended
 * @param memory bytes that its tree occupies where it runs, when last heard; 0 where that is not known
 * @param shared whether it may be moved without anybody's asking
 * @param message why it is in this state, where that needs words; else empty
 */
public record ProcessStatus(
        String process,
        String name,
        String namespace,
        String home,
        String holder,
        String incarnation,
        long epoch,
        State state,
        int uid,
        List<String> command,
        String cwd,
        Instant started,
        Instant since,
        @Nullable Integer exitStatus,
        long cpuHomeMicros,
        long cpuAwayMicros,
        long memory,
        boolean shared,
        String message) {
    public static final String DEFAULT_NAMESPACE = "default";

    public enum State {
        /** It has not begun, and is to begin at another host than its home. */
        WAITING,
        RUNNING,
        ENDED,
        /** Its holder does not answer; it may run. */
        UNREACHABLE,
        /** Its holder answered that it has nothing of it, or its home died. */
        LOST,
        @JsonEnumDefaultValue
        UNKNOWN
    }

    public ProcessStatus {
        Names.label("process", process);
        Names.label("name", name);
        // older versions do not say it
        namespace = Objects.requireNonNullElse(namespace, DEFAULT_NAMESPACE);
        Names.label("namespace", namespace);
        Names.label("home", home);
        command = List.copyOf(command);
    }

    public boolean isLiving() {
        return state != State.ENDED && state != State.LOST;
    }

    /** Whether it is meant by that: its id, its name, or {@code NAMESPACE/NAME}, with ':' instead of '/' in a URL. */
    public boolean isMeantBy(String reference) {
        return reference.equals(process)
                || reference.equals(name)
                || reference.equals(namespace + "/" + name)
                || reference.equals(namespace + ":" + name);
    }

    /** The user it runs as. */
    public String user() {
        return Names.user(uid);
    }

    public boolean isAway() {
        return !holder.equals(home);
    }

    /** The same process when nothing is left of it, as if it had been killed. */
    public ProcessStatus lost(String why) {
        return new ProcessStatus(
                process,
                name,
                namespace,
                home,
                holder,
                incarnation,
                epoch,
                State.LOST,
                uid,
                command,
                cwd,
                started,
                Instant.now(),
                128 + 9,
                cpuHomeMicros,
                cpuAwayMicros,
                0,
                shared,
                why);
    }
}
