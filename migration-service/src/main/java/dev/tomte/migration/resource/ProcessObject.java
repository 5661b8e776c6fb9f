package dev.tomte.migration.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.tomte.contracts.ProcessStatus;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Version;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The custom resource Process: named as its home pod is, and gone with it. */
@Group("tomte.dev")
@Version("v1alpha1")
@Kind("Process")
@Plural("processes")
public final class ProcessObject extends CustomResource<ProcessObject.Spec, ProcessObject.Status>
        implements Namespaced {
    private static final long serialVersionUID = 1;

    /** Nobody wishes anything of a process by it. */
    public record Spec() {}

    /**
     * As the process's home tells it.
     *
     * @param process its id
     * @param node where it runs; {@code home}: where its pod is
     * @param state running, ended, ...
     * @param exitCode as a shell would say it; null while it has not ended
     * @param cpuHomeSeconds processor time that it has used at home; told with the next change, and every minute
     * @param cpuAwaySeconds likewise elsewhere
     * @param message why it is in this state, where that needs words
     */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record Status(
            String process,
            String node,
            String home,
            String state,
            long epoch,
            String command,
            String since,
            @Nullable Integer exitCode,
            long cpuHomeSeconds,
            long cpuAwaySeconds,
            String message,
            List<Condition> conditions) {
        private static final int LONGEST_COMMAND = 200;

        static Status of(ProcessStatus process) {
            String since = process.since().toString();
            String command = String.join(" ", process.command());
            return new Status(
                    process.process(),
                    process.holder(),
                    process.home(),
                    process.state().name().toLowerCase(Locale.ROOT),
                    process.epoch(),
                    command.length() > LONGEST_COMMAND ? command.substring(0, LONGEST_COMMAND) + "..." : command,
                    since,
                    process.exitStatus(),
                    seconds(process.cpuHomeMicros()),
                    seconds(process.cpuAwayMicros()),
                    process.message(),
                    List.of(
                            Conditions.of(
                                    "Running",
                                    process.state() == ProcessStatus.State.RUNNING,
                                    word(process.state()),
                                    process.message(),
                                    since),
                            Conditions.of(
                                    "Away",
                                    process.isAway(),
                                    process.isAway() ? "AtAnotherNode" : "AtHome",
                                    "",
                                    since)));
        }

        private static String word(ProcessStatus.State state) {
            String name = state.name();
            return name.charAt(0) + name.substring(1).toLowerCase(Locale.ROOT);
        }

        private static long seconds(long micros) {
            return Duration.ofNanos(micros * 1000).toSeconds();
        }

        /** The same but for what has been used meanwhile. */
        boolean saysTheSameAs(@Nullable Status other) {
            return other != null && withUsageOf(other).equals(other);
        }

        private Status withUsageOf(Status other) {
            return new Status(
                    process,
                    node,
                    home,
                    state,
                    epoch,
                    command,
                    since,
                    exitCode,
                    other.cpuHomeSeconds,
                    other.cpuAwaySeconds,
                    message,
                    conditions);
        }
    }

    @Override
    protected @Nullable Spec initSpec() {
        return null;
    }

    @Override
    protected @Nullable Status initStatus() {
        return null;
    }
}
