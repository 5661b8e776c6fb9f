package dev.tomte.migration.admission;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** AdmissionReview of admission.k8s.io/v1: a question, and its answer. What cannot be answered is allowed. */
public final class Reviews {
    private static final Logger LOG = LoggerFactory.getLogger(Reviews.class);

    private final JsonMapper json;
    private final Review review;

    public Reviews(JsonMapper json, Review review) {
        this.json = json;
        this.review = review;
    }

    /** @throws JacksonException if the question is no JSON */
    public byte[] answer(byte[] question) {
        JsonNode request = json.readTree(question).path("request");
        ObjectNode response = allowed(request);
        try {
            review.answer(request, response);
        } catch (RuntimeException e) {
            LOG.error(
                    "in {} it is as if nobody had been asked",
                    request.path("namespace").asString(""),
                    e);
            response = allowed(request);
        }
        ObjectNode answer = json.createObjectNode();
        answer.put("apiVersion", "admission.k8s.io/v1").put("kind", "AdmissionReview");
        answer.set("response", response);
        return json.writeValueAsBytes(answer);
    }

    private ObjectNode allowed(JsonNode request) {
        return json.createObjectNode()
                .put("uid", request.path("uid").asString(""))
                .put("allowed", true);
    }
}
