package dev.tomte.migration.admission;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;

class HomeAdmissionTest {
    private static final JsonMapper JSON = JsonMapper.shared();

    private static final String POD = """
            {"metadata": {"name": "sim"},
             "spec": {"containers": [{"name": "c", "image": "i", "command": ["sh", "-c", "x"], "args": ["y"],
                                      "securityContext": {"allowPrivilegeEscalation": false}}]}}
            """;

    private final HomeAdmission admission =
            new HomeAdmission(JSON, "localhost/tomte/stub:1", StubDelivery.IMAGE_VOLUME);

    private static String value(ArrayNode patch, String path) {
        for (JsonNode operation : patch)
            if (operation.path("path").asString().equals(path))
                return operation.path("value").toString();
        throw new AssertionError("no " + path + " in " + patch);
    }

    @Test
    void theContainerStartsTheStubWhichStartsItsCommand() {
        ArrayNode patch = admission.answer(JSON.readTree(POD)).patch().orElseThrow();
        assertEquals(
                "[\"/.tomte/stub\",\"home\",\"@tomte-stub\",\"--\",\"sh\",\"-c\",\"x\"]",
                value(patch, "/spec/containers/0/command"));
        assertEquals("\"c\"", value(patch, "/metadata/annotations/tomte.dev~1home"));
        assertTrue(value(patch, "/spec/volumes").contains("localhost/tomte/stub:1"));
        assertTrue(value(patch, "/spec/containers/0/volumeMounts").contains("/.tomte"));
        assertFalse(patch.toString().contains("initContainers"), patch::toString);
    }

    @Test
    void whereNoImageIsMountedAContainerCopiesTheStubFirst() {
        HomeAdmission copying = new HomeAdmission(JSON, "localhost/tomte/stub:1", StubDelivery.INIT_CONTAINER);
        String pod =
                POD.replace("\"image\": \"i\"", "\"image\": \"i\", \"resources\": {\"limits\": {\"memory\": \"9Mi\"}}");
        ArrayNode patch = copying.answer(JSON.readTree(pod)).patch().orElseThrow();
        assertEquals("[{\"name\":\"tomte-stub\",\"emptyDir\":{\"sizeLimit\":\"4Mi\"}}]", value(patch, "/spec/volumes"));
        JsonNode first = JSON.readTree(value(patch, "/spec/initContainers")).path(0);
        assertEquals("localhost/tomte/stub:1", first.path("image").asString());
        assertEquals(
                "[\"/stub\",\"install\",\"/.tomte\"]", first.path("command").toString());
        assertEquals(
                "[{\"name\":\"tomte-stub\",\"mountPath\":\"/.tomte\"}]",
                first.path("volumeMounts").toString());
        assertEquals(
                "{\"limits\":{\"memory\":\"9Mi\"}}", first.path("resources").toString());
        // what Pod Security "restricted" asks for, also where the pod's own container is root
        JsonNode security = first.path("securityContext");
        assertTrue(security.path("runAsNonRoot").asBoolean());
        assertEquals(65532, security.path("runAsUser").asInt());
        assertFalse(security.path("allowPrivilegeEscalation").asBoolean(true));
        assertEquals("[\"ALL\"]", security.at("/capabilities/drop").toString());
        assertEquals("RuntimeDefault", security.at("/seccompProfile/type").asString());
        assertEquals(
                "[\"/.tomte/stub\",\"home\",\"@tomte-stub\",\"--\",\"sh\",\"-c\",\"x\"]",
                value(patch, "/spec/containers/0/command"));
        assertTrue(value(patch, "/spec/containers/0/volumeMounts").contains("\"readOnly\":true"));
    }

    @Test
    void containersThatRunBeforeItsOwnComeFirst() {
        HomeAdmission copying = new HomeAdmission(JSON, "stub", StubDelivery.INIT_CONTAINER);
        String pod = POD.replace("\"containers\"", "\"initContainers\": [{\"name\": \"before\"}], \"containers\"");
        ArrayNode patch = copying.answer(JSON.readTree(pod)).patch().orElseThrow();
        assertTrue(value(patch, "/spec/initContainers/-").contains("install"));
    }

    @Test
    void whatTheImageRunsIsLeftToTheNode() {
        ArrayNode patch = admission
                .answer(JSON.readTree(POD.replace("\"command\": [\"sh\", \"-c\", \"x\"], ", "")))
                .patch()
                .orElseThrow();
        assertEquals(
                "[\"/.tomte/stub\",\"home\",\"@tomte-stub\",\"--image\"]", value(patch, "/spec/containers/0/command"));
    }

    @Test
    void whatIsThereAlreadyStays() {
        String pod = POD.replace("\"metadata\": {", "\"metadata\": {\"annotations\": {\"a\": \"b\"}, ")
                .replace("\"containers\"", "\"volumes\": [{\"name\": \"v\"}], \"containers\"")
                .replace("\"image\": \"i\"", "\"image\": \"i\", \"volumeMounts\": [{\"name\": \"v\"}]");
        ArrayNode patch = admission.answer(JSON.readTree(pod)).patch().orElseThrow();
        assertTrue(value(patch, "/spec/volumes/-").contains("tomte-stub"));
        assertTrue(value(patch, "/spec/containers/0/volumeMounts/-").contains("tomte-stub"));
        for (JsonNode operation : patch)
            assertFalse(operation.path("path").asString().equals("/metadata/annotations"), patch::toString);
    }

    @Test
    void onceIsEnough() {
        String again = POD.replace("\"metadata\": {", "\"metadata\": {\"annotations\": {\"tomte.dev/home\": \"c\"}, ");
        assertTrue(admission.answer(JSON.readTree(again)).patch().isEmpty());
    }

    @Test
    void aGuestPodIsNoHome() {
        String guest = POD.replace("\"metadata\": {", "\"metadata\": {\"labels\": {\"tomte.dev/guest\": \"true\"}, ");
        assertTrue(admission.answer(JSON.readTree(guest)).patch().isEmpty());
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "\"name\": \"sim\" | \"name\": \"a.b\" | dots",
                "\"spec\": { | \"spec\": {\"hostPID\": true, | hostPID",
                "\"spec\": { | \"spec\": {\"hostNetwork\": true, | hostNetwork",
                "\"spec\": { | \"spec\": {\"hostUsers\": false, | hostUsers",
                "\"spec\": { | \"spec\": {\"shareProcessNamespace\": true, | shareProcessNamespace",
                "\"spec\": { | \"spec\": {\"resourceClaims\": [{}], | devices",
                "\"containers\": [ | \"containers\": [{\"name\": \"other\"}, | several",
                "\"spec\": { | \"spec\": {\"initContainers\": [{\"name\": \"mesh\", \"restartPolicy\": \"Always\"}], | mesh",
                "\"name\": \"c\" | \"name\": \"c\", \"tty\": true | standard input",
                "\"name\": \"c\" | \"name\": \"c\", \"resources\": {\"limits\": {\"x.com/gpu\": 1}} | x.com/gpu",
                "\"allowPrivilegeEscalation\": false | \"privileged\": true | privileged",
                "\"allowPrivilegeEscalation\": false | \"x\": 1 | allowPrivilegeEscalation",
            })
    void whatCouldNotMoveIsLetInAsItIs(String what, String instead, String reason) {
        String pod = POD.replace(what, instead);
        assertFalse(pod.equals(POD), "nothing was replaced");
        HomeAdmission.Answer answer = admission.answer(JSON.readTree(pod));
        assertTrue(answer.warning().contains(reason), answer.warning());
        ArrayNode patch = answer.patch().orElseThrow();
        assertTrue(value(patch, "/metadata/annotations/tomte.dev~1stays").contains(reason));
        assertFalse(patch.toString().contains("/spec"), patch::toString);
    }

    @Test
    void theReviewIsAnsweredByItsId() {
        byte[] answer = new Reviews(JSON, new HomeReview(JSON, "stub", StubDelivery.IMAGE_VOLUME))
                .answer(("{\"request\": {\"uid\": \"u-1\", \"object\": " + POD + "}}")
                        .getBytes(StandardCharsets.UTF_8));
        JsonNode response = JSON.readTree(answer).path("response");
        assertEquals("u-1", response.path("uid").asString());
        assertTrue(response.path("allowed").asBoolean());
        String patch =
                new String(Base64.getDecoder().decode(response.path("patch").asString()), StandardCharsets.UTF_8);
        assertTrue(JSON.readTree(patch).isArray());
    }

    @Test
    void aPodThatCannotBeUnderstoodIsLetIn() {
        byte[] answer = new Reviews(JSON, new HomeReview(JSON, "stub", StubDelivery.IMAGE_VOLUME))
                .answer("{\"request\": {\"uid\": \"u\"}}".getBytes(StandardCharsets.UTF_8));
        assertTrue(JSON.readTree(answer).at("/response/allowed").asBoolean());
    }
}
