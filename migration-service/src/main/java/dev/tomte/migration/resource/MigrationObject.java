package dev.tomte.migration.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.tomte.contracts.Migration;
import dev.tomte.contracts.MoveState;
import dev.tomte.migration.view.FleetView;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Version;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The custom resource Migration: a user's wish that a process move, or a move that Tomte has decided on. */
@Group("tomte.dev")
@Version("v1alpha1")
@Kind("Migration")
@Plural("migrations")
public final class MigrationObject extends CustomResource<MigrationObject.Spec, MigrationObject.Status>
        implements Namespaced {
    private static final long serialVersionUID = 1;

    /** Label of one that shows a move which nobody wished by it. */
    static final String SHOWN = "tomte.dev/shown";

    private static final String WISHED = "wish-";

    /**
     * A wish.
     *
     * @param process name of its home pod, in the same namespace
     * @param target a node's name, or {@code home}
     * @param why in the wisher's words; null: they give none
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Spec(
            String process, String target, @Nullable String why) {}

    /**
     * How it goes.
     *
     * @param migration its id, as {@code mig} says it
     * @param state as in docs/how-a-move-works.md
     * @param stoodStillMillis for how long the process stood still; null while that is not known
     * @param phases milliseconds of each phase that has ended
     */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record Status(
            String migration,
            String state,
            @Nullable String source,
            @Nullable String target,
            @Nullable String reason,
            @Nullable String why,
            String message,
            @Nullable Long stoodStillMillis,
            Map<String, Long> phases,
            List<Condition> conditions) {
        static Status of(Migration migration) {
            Long frozen = migration.micros().get("frozen");
            return new Status(
                    migration.id(),
                    migration.state().name(),
                    migration.plan().source(),
                    migration.plan().target(),
                    migration.reason().word(),
                    migration.why(),
                    migration.message(),
                    frozen == null ? null : millis(frozen),
                    phases(migration),
                    conditions(migration.state(), migration.message(), FleetView.lastChange(migration)));
        }

        /** Of one that was not begun. */
        static Status refused(String migration, String message, Instant at) {
            return new Status(
                    migration,
                    MoveState.REFUSED.name(),
                    null,
                    null,
                    null,
                    null,
                    message,
                    null,
                    Map.of(),
                    conditions(MoveState.REFUSED, message, at));
        }

        private static Map<String, Long> phases(Migration migration) {
            Map<String, Long> millis = new TreeMap<>();
            migration.micros().forEach((phase, micros) -> millis.put(phase, millis(micros)));
            return millis;
        }

        private static long millis(long micros) {
            return Math.round(micros / 1000.0);
        }

        private static List<Condition> conditions(MoveState state, String message, Instant at) {
            String since = at.toString();
            return List.of(
                    Conditions.of("Ended", state.isFinal(), word(state), message, since),
                    Conditions.of("Settled", state == MoveState.SETTLED, word(state), message, since));
        }

        /** ROLLED_BACK as RolledBack. */
        private static String word(MoveState state) {
            StringBuilder word = new StringBuilder();
            for (String part : state.name().split("_", -1))
                word.append(part.charAt(0)).append(part.substring(1).toLowerCase(Locale.ROOT));
            return word.toString();
        }

        boolean isFinal() {
            return MoveState.valueOf(state).isFinal();
        }
    }

    /** Whether it is the id of a move that somebody has wished for by such an object. */
    static boolean isWished(String migration) {
        return migration.startsWith(WISHED);
    }

    /** The id of its move: the same for whoever asks, and however often. */
    String migration() {
        Map<String, String> labels = getMetadata().getLabels();
        if (labels != null && labels.containsKey(SHOWN)) return getMetadata().getName();
        return WISHED + getMetadata().getUid();
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
