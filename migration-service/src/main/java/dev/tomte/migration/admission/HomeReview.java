package dev.tomte.migration.admission;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Of a pod that is made: it is let in, with the stub if it can move. */
public final class HomeReview implements Review {
    private final HomeAdmission homes;

    /** @param stubImage the image that holds the stub, at /stub */
    public HomeReview(JsonMapper json, String stubImage, StubDelivery delivery) {
        homes = new HomeAdmission(json, stubImage, delivery);
    }

    @Override
    public void answer(JsonNode request, ObjectNode response) {
        HomeAdmission.Answer answer = homes.answer(request.path("object"));
        answer.patch().ifPresent(patch -> {
            response.put("patchType", "JSONPatch");
            response.put(
                    "patch", Base64.getEncoder().encodeToString(patch.toString().getBytes(StandardCharsets.UTF_8)));
        });
        if (!answer.warning().isEmpty()) response.putArray("warnings").add(answer.warning());
    }
}
