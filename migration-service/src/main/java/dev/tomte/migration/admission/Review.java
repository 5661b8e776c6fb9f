package dev.tomte.migration.admission;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Answers one kind of question of the API server's. Any thread. */
public interface Review {
    /**
     * @param request as admission.k8s.io/v1 has it
     * @param response allows it, until this says something else
     */
    void answer(JsonNode request, ObjectNode response);
}
