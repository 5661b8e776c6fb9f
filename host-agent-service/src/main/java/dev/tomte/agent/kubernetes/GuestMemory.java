package dev.tomte.agent.kubernetes;

import dev.tomte.contracts.Json;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.ResourceRequirementsBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a guest pod asks for of memory: what its process occupies, and some more, but never less than the home pod asks
 * for, since that was promised to the process, and never more than it may have. All in bytes.
 *
 * @param promised what the home pod asks for; 0: nothing
 * @param limit what the process may have
 * @param asked what the guest pod asks for
 */
record GuestMemory(long promised, long limit, long asked) {
    private static final String MEMORY = "memory";
    /** File of a guest pod's directory. */
    private static final String FILE = "memory";
    /** Ours: so much, and a quarter of what it occupies, may come before anybody is asked again. */
    private static final long STEP = 16L << 20;

    /**
     * @param home of the container that moves; null: it asks for nothing
     * @param occupied by its process; 0: not known
     */
    static GuestMemory of(@Nullable ResourceRequirements home, long occupied) {
        long promised = home == null ? 0 : bytes(home.getRequests(), 0);
        long limit = home == null ? Long.MAX_VALUE : bytes(home.getLimits(), Long.MAX_VALUE);
        return new GuestMemory(promised, limit, needed(promised, limit, occupied));
    }

    private static long bytes(@Nullable Map<String, Quantity> quantities, long otherwise) {
        Quantity memory = quantities == null ? null : quantities.get(MEMORY);
        return memory == null ? otherwise : memory.getNumericalAmount().longValue();
    }

    /** At least one step: a pod that asked for nothing at all could not ask for more later (its QoS class is fixed). */
    private static long needed(long promised, long limit, long occupied) {
        long wanted = Math.ceilDiv(occupied + occupied / 4 + 1, STEP) * STEP;
        return Math.min(limit, Math.max(promised, wanted));
    }

    /** The same, unless the process has grown beyond it, or to less than half of it. */
    GuestMemory fitting(long occupied) {
        long needed = needed(promised, limit, occupied);
        boolean fits = occupied <= asked && needed > asked / 2;
        return fits || needed == asked ? this : new GuestMemory(promised, limit, needed);
    }

    /** The home container's resources, but for this. */
    ResourceRequirements in(@Nullable ResourceRequirements home) {
        return (home == null ? new ResourceRequirementsBuilder() : new ResourceRequirementsBuilder(home))
                .addToRequests(MEMORY, quantity())
                .build();
    }

    Quantity quantity() {
        return new Quantity(Long.toString(asked));
    }

    /** Whether a container has been given it. */
    boolean isIn(@Nullable Map<String, Quantity> allocated) {
        return bytes(allocated, 0) == asked;
    }

    void write(Path directory) throws IOException {
        Files.writeString(directory.resolve(FILE), Json.write(this));
    }

    /** Of a guest pod's directory; empty: it is none, or was made by a version that did not write it. */
    static Optional<GuestMemory> read(Path directory) throws IOException {
        Path file = directory.resolve(FILE);
        return Files.exists(file)
                ? Optional.of(Json.read(Files.readString(file), GuestMemory.class))
                : Optional.empty();
    }
}
