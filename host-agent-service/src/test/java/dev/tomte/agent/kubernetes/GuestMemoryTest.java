package dev.tomte.agent.kubernetes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.ResourceRequirementsBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GuestMemoryTest {
    private static final long MIB = 1L << 20;

    private static ResourceRequirements home(@Nullable String request, @Nullable String limit) {
        ResourceRequirementsBuilder home = new ResourceRequirementsBuilder().addToRequests("cpu", new Quantity("100m"));
        if (request != null) home.addToRequests("memory", new Quantity(request));
        if (limit != null) home.addToLimits("memory", new Quantity(limit));
        return home.build();
    }

    private static long asked(@Nullable ResourceRequirements home, long occupiedMib) {
        return GuestMemory.of(home, occupiedMib * MIB).asked() / MIB;
    }

    @Test
    void asksForWhatTheProcessOccupiesAndAQuarterMore() {
        assertEquals(128, asked(home(null, null), 100));
        assertEquals(1264, asked(home("64Mi", null), 1000));
    }

    @Test
    void neverAsksForLessThanTheHomePodWasPromised() {
        assertEquals(512, asked(home("512Mi", null), 100));
        assertEquals(512, asked(home("512Mi", "512Mi"), 0));
    }

    @Test
    void neverAsksForMoreThanTheLimit() {
        assertEquals(256, asked(home("64Mi", "256Mi"), 250));
    }

    @Test
    void alwaysAsksForSomethingSoThatItCanBeResized() {
        assertEquals(16, asked(null, 0));
        assertEquals(16, asked(home(null, null), 0));
    }

    @Test
    void asksAgainWhenTheProcessHasOutgrownItOrIsLessThanHalf() {
        GuestMemory asked = GuestMemory.of(home(null, null), 100 * MIB);
        assertSame(asked, asked.fitting(100 * MIB));
        assertSame(asked, asked.fitting(128 * MIB));
        assertEquals(176 * MIB, asked.fitting(129 * MIB).asked());
        assertSame(asked, asked.fitting(60 * MIB));
        assertEquals(48 * MIB, asked.fitting(30 * MIB).asked());
    }

    @Test
    void doesNotAskForMoreThanItMayHoweverMuchItGrows() {
        GuestMemory asked = GuestMemory.of(home(null, "128Mi"), 200 * MIB);
        assertEquals(128 * MIB, asked.asked());
        assertSame(asked, asked.fitting(300 * MIB));
    }

    @Test
    void leavesTheOtherResourcesOfTheHomePodAlone() {
        ResourceRequirements home = home("64Mi", "1Gi");
        ResourceRequirements guest = GuestMemory.of(home, 200 * MIB).in(home);
        assertEquals(new Quantity("100m"), guest.getRequests().get("cpu"));
        assertEquals(new Quantity("1Gi"), guest.getLimits().get("memory"));
        assertEquals(new Quantity("256Mi"), guest.getRequests().get("memory"));
        assertNull(home(null, null).getRequests().get("memory"));
    }

    @Test
    void isInWhatAContainerWasGiven() {
        GuestMemory asked = GuestMemory.of(null, 100 * MIB);
        assertTrue(asked.isIn(Map.of("memory", new Quantity("128Mi"))));
        assertTrue(!asked.isIn(Map.of("memory", new Quantity("127Mi"))) && !asked.isIn(null));
    }

    @Test
    void outlivesTheAgent(@TempDir Path directory) throws IOException {
        assertEquals(Optional.empty(), GuestMemory.read(directory));
        GuestMemory asked = GuestMemory.of(home("64Mi", null), 100 * MIB);
        asked.write(directory);
        assertEquals(Optional.of(asked), GuestMemory.read(directory));
    }
}
