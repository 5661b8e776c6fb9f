package dev.tomte.migration.admission;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class EvictionReviewTest {
    private static final JsonMapper JSON = JsonMapper.shared();
    private final List<String> asked = new ArrayList<>();

    private final Reviews reviews = new Reviews(JSON, new EvictionReview(new EvictionReview.GuestPods() {
        @Override
        public boolean isLiving(String namespace, String name) {
            if (name.equals("unheard")) throw new IllegalStateException("the cluster does not answer");
            return namespace.equals("lab") && name.equals("sim-g-1");
        }

        @Override
        public void askToLeave(String namespace, String name) {
            asked.add(namespace + "/" + name);
        }
    }));

    private JsonNode answer(String name, boolean dryRun) {
        String question = """
                {"request": {"uid": "u", "namespace": "lab", "name": "%s", "dryRun": %b}}
                """.formatted(name, dryRun);
        return JSON.readTree(reviews.answer(question.getBytes(StandardCharsets.UTF_8)))
                .path("response");
    }

    @Test
    void aGuestLeavesByMoving() {
        JsonNode answer = answer("sim-g-1", false);
        assertEquals(false, answer.path("allowed").asBoolean());
        assertEquals(429, answer.at("/status/code").asInt());
        assertEquals("u", answer.path("uid").asString());
        assertEquals(List.of("lab/sim-g-1"), asked);
    }

    @Test
    void aDryRunIsAnsweredAlikeAndChangesNothing() {
        assertEquals(429, answer("sim-g-1", true).at("/status/code").asInt());
        assertEquals(List.of(), asked);
    }

    @Test
    void aDryRunOfADrainIsOneToo() {
        String question = """
                {"request": {"namespace": "lab", "name": "sim-g-1",
                             "object": {"kind": "Eviction", "deleteOptions": {"dryRun": ["All"]}}}}
                """;
        assertTrue(new String(reviews.answer(question.getBytes(StandardCharsets.UTF_8)), StandardCharsets.UTF_8)
                .contains("429"));
        assertEquals(List.of(), asked);
    }

    @Test
    void othersAreNoneOfOurBusiness() {
        assertTrue(answer("other", false).path("allowed").asBoolean());
        assertEquals(List.of(), asked);
    }

    @Test
    void whatCannotBeAnsweredIsAllowed() {
        JsonNode answer = answer("unheard", false);
        assertTrue(answer.path("allowed").asBoolean());
        assertTrue(answer.path("status").isMissingNode());
    }
}
