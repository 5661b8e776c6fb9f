package dev.tomte.migration.admission;

import dev.tomte.contracts.PodMarks;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Makes a pod the home of a process: its one container starts the stub, which starts the container's command. A pod that
 * could not move is let in as it is. Pure.
 */
final class HomeAdmission {
    /** The volume that holds the stub, and the container that fills it where there is one. */
    private static final String VOLUME = "tomte-stub";

    private static final String MOUNT = "/.tomte";
    /** Owns nothing and is nobody on any machine. */
    private static final int NOBODY = 65532;

    private static final List<String> STUB = List.of(MOUNT + "/stub", "home", "@tomte-stub");
    /** Before the pod's own command, or its arguments for that of its image. */
    private static final String OWN = "--";

    private static final String IMAGE = "--image";
    private static final List<String> PLAIN_RESOURCES = List.of("cpu", "memory", "ephemeral-storage");

    private final JsonMapper json;
    private final String stubImage;
    private final StubDelivery delivery;

    HomeAdmission(JsonMapper json, String stubImage, StubDelivery delivery) {
        this.json = json;
        this.stubImage = stubImage;
        this.delivery = delivery;
    }

    /**
     * @param patch RFC 6902; empty: it is let in as it is
     * @param warning what who made it is told; empty: nothing
     */
    record Answer(Optional<ArrayNode> patch, String warning) {}

    Answer answer(JsonNode pod) {
        if (has(pod, PodMarks.HOME)
                || has(pod, PodMarks.STAYS)
                || pod.at("/metadata/labels").has(PodMarks.GUEST)) return new Answer(Optional.empty(), "");
        Optional<String> obstacle = obstacle(pod);
        if (obstacle.isPresent()) {
            ArrayNode patch = json.createArrayNode();
            mark(patch, pod, PodMarks.STAYS, obstacle.get());
            return new Answer(Optional.of(patch), "tomte cannot move this pod: " + obstacle.get());
        }
        return new Answer(Optional.of(home(pod)), "");
    }

    private static boolean has(JsonNode pod, String annotation) {
        return pod.at("/metadata/annotations").has(annotation);
    }

    private static Optional<String> obstacle(JsonNode pod) {
        JsonNode spec = pod.path("spec");
        String name = pod.at("/metadata/name").asString("");
        // of one that is named by the API server only the beginning is known yet
        if (!name.isEmpty() && !name.matches("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"))
            return Optional.of("its name is longer than 63 characters, or has dots");
        for (String shared : List.of("hostPID", "hostIPC", "hostNetwork", "shareProcessNamespace"))
            if (spec.path(shared).asBoolean(false)) return Optional.of("it has " + shared);
        if (!spec.path("hostUsers").asBoolean(true)) return Optional.of("it has hostUsers: false");
        if (spec.path("resourceClaims").size() > 0) return Optional.of("it claims devices (resourceClaims)");
        if (spec.path("containers").size() != 1) return Optional.of("it has several containers");
        for (JsonNode before : spec.path("initContainers"))
            if (before.path("restartPolicy").asString("").equals("Always"))
                return Optional.of(
                        "it has several containers: " + before.path("name").asString("") + " stays beside its own");
        return obstacleOf(spec.path("containers").path(0));
    }

    private static Optional<String> obstacleOf(JsonNode container) {
        if (container.path("stdin").asBoolean(false) || container.path("tty").asBoolean(false))
            return Optional.of("its container has a standard input (stdin, tty)");
        JsonNode security = container.path("securityContext");
        if (security.path("privileged").asBoolean(false)) return Optional.of("its container is privileged");
        if (security.path("allowPrivilegeEscalation").asBoolean(true))
            return Optional.of("its container may gain privileges: set allowPrivilegeEscalation: false");
        if (container.path("volumeDevices").size() > 0)
            return Optional.of("its container uses block devices (volumeDevices)");
        for (String resource : container.at("/resources/limits").propertyNames())
            if (!PLAIN_RESOURCES.contains(resource)) return Optional.of("its container uses " + resource);
        return Optional.empty();
    }

    private ArrayNode home(JsonNode pod) {
        ArrayNode patch = json.createArrayNode();
        JsonNode container = pod.at("/spec/containers/0");
        mark(patch, pod, PodMarks.HOME, container.path("name").asString());

        ObjectNode volume = json.createObjectNode().put("name", VOLUME);
        switch (delivery) {
            case IMAGE_VOLUME ->
                volume.putObject("image").put("reference", stubImage).put("pullPolicy", "IfNotPresent");
            case INIT_CONTAINER -> {
                volume.putObject("emptyDir").put("sizeLimit", "4Mi");
                append(patch, pod.path("spec"), "/spec", "initContainers", installing(container));
            }
        }
        append(patch, pod.path("spec"), "/spec", "volumes", volume);
        append(patch, container, "/spec/containers/0", "volumeMounts", mounted().put("readOnly", true));

        ArrayNode command = json.createArrayNode();
        STUB.forEach(command::add);
        command.add(container.path("command").isEmpty() ? IMAGE : OWN);
        container.path("command").forEach(command::add);
        add(patch, "/spec/containers/0/command", command);
        return patch;
    }

    private ObjectNode mounted() {
        return json.createObjectNode().put("name", VOLUME).put("mountPath", MOUNT);
    }

    /** Copies the stub, and ends before the pod's own container begins; whatever lets that one in lets it in. */
    private ObjectNode installing(JsonNode container) {
        ObjectNode installing = json.createObjectNode()
                .put("name", VOLUME)
                .put("image", stubImage)
                .put("imagePullPolicy", "IfNotPresent");
        installing.putArray("command").add("/stub").add("install").add(MOUNT);
        installing.putArray("volumeMounts").add(mounted());
        // as the pod's own: then neither what the pod asks for changes, nor its class of service
        if (container.has("resources")) installing.set("resources", container.path("resources"));
        ObjectNode security = installing
                .putObject("securityContext")
                .put("runAsNonRoot", true)
                .put("runAsUser", NOBODY)
                .put("runAsGroup", NOBODY)
                .put("allowPrivilegeEscalation", false)
                .put("readOnlyRootFilesystem", true);
        security.putObject("capabilities").putArray("drop").add("ALL");
        security.putObject("seccompProfile").put("type", "RuntimeDefault");
        return installing;
    }

    private void mark(ArrayNode patch, JsonNode pod, String annotation, String value) {
        if (!pod.at("/metadata/annotations").isObject()) add(patch, "/metadata/annotations", json.createObjectNode());
        add(patch, "/metadata/annotations/" + annotation.replace("/", "~1"), json.valueToTree(value));
    }

    private void append(ArrayNode patch, JsonNode of, String path, String list, JsonNode value) {
        if (of.path(list).isArray()) add(patch, path + "/" + list + "/-", value);
        else add(patch, path + "/" + list, json.createArrayNode().add(value));
    }

    private static void add(ArrayNode patch, String path, JsonNode value) {
        patch.addObject().put("op", "add").put("path", path).set("value", value);
    }
}
