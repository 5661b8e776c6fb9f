package dev.tomte.migration.autoscaling;

import dev.tomte.contracts.PodMarks;
import dev.tomte.migration.placement.Ties.Tie;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Whether an autoscaler targets a pod: one does that names its controller, or what controls that, and so on. Pure. */
final class Targeting {
    /** A Deployment's pod has two controllers above it; whoever makes a ring of them shall not keep us. */
    private static final int HIGHEST = 8;

    /** The value of the mark by which its user lets a pod move all the same. */
    private static final String MOVE = "move";

    private Targeting() {}

    /** What is known of controllers. */
    interface Controllers {
        /** Whether such are read at all. */
        boolean areRead(Controller kind);

        /** @return empty if it is not there, or has not been seen yet */
        Optional<ObjectMeta> find(Controller controller);
    }

    /** @param autoscalers of the pod's namespace */
    static Optional<Tie> tie(ObjectMeta pod, List<Autoscaler> autoscalers, Controllers controllers) {
        if (autoscalers.isEmpty() || mayMove(pod)) return Optional.empty();
        ObjectMeta below = pod;
        for (int height = 0; height < HIGHEST; height++) {
            Optional<Controller> above = Controller.of(below);
            if (above.isEmpty()) return Optional.empty();
            Controller controller = above.get();
            for (Autoscaler autoscaler : autoscalers)
                if (autoscaler.target().means(controller)) return tied(autoscaler + " targets " + controller);
            if (!controllers.areRead(controller)) return beyond(controller, autoscalers);
            Optional<ObjectMeta> found = controllers.find(controller);
            if (found.isEmpty()) return unknown("what controls its " + controller + " is not known");
            below = found.get();
        }
        return tied("it has more than %d controllers, one above the other".formatted(HIGHEST));
    }

    private static boolean mayMove(ObjectMeta pod) {
        Map<String, String> marks = pod.getAnnotations();
        return marks != null && MOVE.equals(marks.get(PodMarks.AUTOSCALED));
    }

    /** Above what is not read there can only be what others have defined. */
    private static Optional<Tie> beyond(Controller controller, List<Autoscaler> autoscalers) {
        return autoscalers.stream()
                .filter(autoscaler -> !autoscaler.target().isBuiltIn())
                .findFirst()
                .flatMap(autoscaler -> tied("%s targets %s, and it cannot be read whether that controls its %s"
                        .formatted(autoscaler, autoscaler.target(), controller)));
    }

    private static Optional<Tie> tied(String why) {
        return Optional.of(new Tie(
                "%s (the annotation %s: %s lets it move all the same)".formatted(why, PodMarks.AUTOSCALED, MOVE),
                true));
    }

    static Optional<Tie> unknown(String why) {
        return Optional.of(new Tie("it is not known whether an autoscaler targets it: " + why, false));
    }
}
