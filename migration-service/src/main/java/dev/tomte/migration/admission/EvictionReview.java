package dev.tomte.migration.admission;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Of a pod that is to be evicted: a guest is not, it leaves by moving. Whoever evicts asks again, as
 * {@code kubectl drain} does every five seconds, until the pod is gone. All other pods are none of our business.
 */
public final class EvictionReview implements Review {
    /** Too Many Requests: what the Eviction API says while a PodDisruptionBudget forbids it. */
    private static final int NOT_YET = 429;

    private final GuestPods guests;

    public EvictionReview(GuestPods guests) {
        this.guests = guests;
    }

    /** The guest pods of the cluster. */
    public interface GuestPods {
        /** Whether there is one of that name, which has not been told to end yet. */
        boolean isLiving(String namespace, String name);

        /** Has its guest leave; nothing changes if it has been asked before. */
        void askToLeave(String namespace, String name);
    }

    @Override
    public void answer(JsonNode request, ObjectNode response) {
        String namespace = request.path("namespace").asString("");
        String name = request.path("name").asString("");
        if (!guests.isLiving(namespace, name)) return;
        if (!isDryRun(request)) guests.askToLeave(namespace, name);
        response.put("allowed", false);
        response.putObject("status")
                .put("code", NOT_YET)
                .put("reason", "TooManyRequests")
                .put("message", "tomte: the guest in %s leaves by moving; ask again".formatted(name));
    }

    /** It may be said of the request, or, as kubectl drain does, of the deletion that it is to lead to. */
    private static boolean isDryRun(JsonNode request) {
        return request.path("dryRun").asBoolean(false)
                || !request.at("/object/deleteOptions/dryRun").isEmpty();
    }
}
