package dev.tomte.migration.autoscaling;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.contracts.PodMarks;
import dev.tomte.migration.placement.Ties.Tie;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TargetingTest {
    private static final Controller DEPLOYMENT = new Controller("apps", "Deployment", "web");
    private static final Controller REPLICA_SET = new Controller("apps", "ReplicaSet", "web-1");

    /** Of ReplicaSets and Jobs: what is above each. */
    private final Map<Controller, ObjectMeta> known = new HashMap<>();

    private final Targeting.Controllers controllers = new Targeting.Controllers() {
        @Override
        public boolean areRead(Controller kind) {
            return kind.kind().equals("ReplicaSet") || kind.kind().equals("Job");
        }

        @Override
        public Optional<ObjectMeta> find(Controller controller) {
            return Optional.ofNullable(known.get(controller));
        }
    };

    private static ObjectMeta below(String apiVersion, String kind, String name) {
        return new ObjectMetaBuilder()
                .addNewOwnerReference()
                .withApiVersion("v1")
                .withKind("ConfigMap")
                .withName("not-its-controller")
                .endOwnerReference()
                .addNewOwnerReference()
                .withApiVersion(apiVersion)
                .withKind(kind)
                .withName(name)
                .withController(true)
                .endOwnerReference()
                .build();
    }

    private static Autoscaler horizontal(String apiVersion, String kind, String name) {
        return new Autoscaler(Autoscaler.Kind.HORIZONTAL, "lab/scale", Controller.of(apiVersion, kind, name));
    }

    private Optional<Tie> tie(ObjectMeta pod, Autoscaler... autoscalers) {
        return Targeting.tie(pod, List.of(autoscalers), controllers);
    }

    @Test
    void whatControlsTheControllerCountsToo() {
        known.put(REPLICA_SET, below("apps/v1", "Deployment", "web"));
        ObjectMeta pod = below("apps/v1", "ReplicaSet", "web-1");
        Tie tie = tie(pod, horizontal("apps/v1", "Deployment", "web")).orElseThrow();
        assertTrue(tie.isKnown());
        assertTrue(
                tie.why().startsWith("HorizontalPodAutoscaler lab/scale targets Deployment web (the annotation"),
                tie.why());
        assertTrue(tie(pod, horizontal("apps/v1", "ReplicaSet", "web-1")).isPresent());
        assertEquals(Optional.empty(), tie(pod, horizontal("apps/v1", "Deployment", "other")));
        assertEquals(Optional.empty(), tie(pod, horizontal("apps/v1", "StatefulSet", "web")));
        assertEquals(Optional.empty(), tie(pod, horizontal("batch/v1", "ReplicaSet", "web-1")));
        assertEquals(Optional.empty(), tie(pod));
    }

    @Test
    void aPodMaySayOtherwise() {
        known.put(REPLICA_SET, below("apps/v1", "Deployment", "web"));
        ObjectMeta pod = below("apps/v1", "ReplicaSet", "web-1");
        pod.setAnnotations(Map.of(PodMarks.AUTOSCALED, "move"));
        assertEquals(Optional.empty(), tie(pod, horizontal("apps/v1", "Deployment", "web")));
        pod.setAnnotations(Map.of(PodMarks.AUTOSCALED, "true"));
        assertTrue(tie(pod, horizontal("apps/v1", "Deployment", "web")).isPresent());
    }

    @Test
    void aPodThatNothingControlsIsNobodysTarget() {
        assertEquals(Optional.empty(), tie(new ObjectMeta(), horizontal("apps/v1", "Deployment", "web")));
    }

    @Test
    void whatIsNotSeenIsNotKnown() {
        Tie tie = tie(below("apps/v1", "ReplicaSet", "web-1"), horizontal("apps/v1", "Deployment", "web"))
                .orElseThrow();
        assertFalse(tie.isKnown());
        assertTrue(tie.why().contains("ReplicaSet web-1"), tie.why());
    }

    @Test
    void aboveWhatIsNotReadOnlyWhatOthersHaveDefinedCanBe() {
        ObjectMeta pod = below("apps/v1", "StatefulSet", "db");
        assertEquals(Optional.empty(), tie(pod, horizontal("apps/v1", "Deployment", "web")));
        Tie tie = tie(pod, horizontal("example.org/v1", "Database", "db")).orElseThrow();
        assertTrue(tie.why().contains("Database db, and it cannot be read whether that controls its StatefulSet db"));
        known.put(new Controller("batch", "Job", "night-1"), below("batch/v1", "CronJob", "night"));
        assertTrue(tie(below("batch/v1", "Job", "night-1"), horizontal("batch/v1", "CronJob", "night"))
                .isPresent());
    }

    @Test
    void aRingOfControllersIsLeftAgain() {
        known.put(REPLICA_SET, below("apps/v1", "ReplicaSet", "web-1"));
        assertTrue(tie(
                        below("apps/v1", "ReplicaSet", "web-1"),
                        new Autoscaler(Autoscaler.Kind.VERTICAL, "lab/size", DEPLOYMENT))
                .isPresent());
    }

    @Test
    void autoscalersAreReadAsTheyAreWritten() {
        GenericKubernetesResource vertical = read("""
                {"apiVersion":"autoscaling.k8s.io/v1","kind":"VerticalPodAutoscaler",
                 "metadata":{"name":"size","namespace":"lab"},
                 "spec":{"targetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"web"}}}""");
        assertEquals(
                Optional.of(new Autoscaler(Autoscaler.Kind.VERTICAL, "lab/size", DEPLOYMENT)),
                Autoscaler.of(Autoscaler.Kind.VERTICAL, vertical));
        assertEquals(Optional.empty(), Autoscaler.of(Autoscaler.Kind.HORIZONTAL, vertical));
        GenericKubernetesResource brief = read("""
                {"apiVersion":"autoscaling/v2","kind":"HorizontalPodAutoscaler",
                 "metadata":{"name":"scale","namespace":"lab"},
                 "spec":{"scaleTargetRef":{"kind":"Deployment","name":"web"}}}""");
        assertTrue(Autoscaler.of(Autoscaler.Kind.HORIZONTAL, brief)
                .orElseThrow()
                .target()
                .means(DEPLOYMENT));
    }

    private static GenericKubernetesResource read(String json) {
        return new KubernetesSerialization().unmarshal(json, GenericKubernetesResource.class);
    }
}
