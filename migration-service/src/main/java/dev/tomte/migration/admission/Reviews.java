package dev.tomte.migration.admission;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** AdmissionReview of admission.k8s.io/v1: a question about a pod, and its answer. Whatever is asked, the pod is let in. */
public final class Reviews {
    private static final Logger LOG = LoggerFactory.getLogger(Reviews.class);

    private final JsonMapper json;
    private final HomeAdmission homes;

    /** @param stubImage the image that holds the stub, at /stub */
    public Reviews(JsonMapper json, String stubImage) {
        this.json = json;
        homes = new HomeAdmission(json, stubImage);
    }

    /** @throws JacksonException if the question is no JSON */
    public byte[] answer(byte[] question) {
        JsonNode request = json.readTree(question).path("request");
        ObjectNode review = json.createObjectNode();
        review.put("apiVersion", "admission.k8s.io/v1").put("kind", "AdmissionReview");
        ObjectNode response = review.putObject("response");
        response.put("uid", request.path("uid").asString("")).put("allowed", true);
        try {
            HomeAdmission.Answer answer = homes.answer(request.path("object"));
            answer.patch().ifPresent(patch -> {
                response.put("patchType", "JSONPatch");
                response.put(
                        "patch",
                        Base64.getEncoder()
                                .encodeToString(json.writeValueAsString(patch).getBytes(StandardCharsets.UTF_8)));
            });
            if (!answer.warning().isEmpty()) response.putArray("warnings").add(answer.warning());
        } catch (RuntimeException e) {
            LOG.error(
                    "a pod of {} is let in as it is", request.path("namespace").asString(""), e);
        }
        return json.writeValueAsBytes(review);
    }
}
