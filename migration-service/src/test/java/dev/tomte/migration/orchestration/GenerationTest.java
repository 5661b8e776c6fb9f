package dev.tomte.migration.orchestration;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tomte.contracts.Command;
import dev.tomte.contracts.Migration;
import dev.tomte.contracts.MoveState;
import dev.tomte.contracts.Reason;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class GenerationTest {
    @Test
    void itGrowsWhateverIsLost() {
        Instant start = Instant.ofEpochSecond(1000);
        assertEquals(1000, Generation.next("", List.of(), start));
        assertEquals(1001, Generation.next(Generation.written(1000), List.of(), start));
        assertEquals(1000, Generation.next("generation=none", List.of(), start));
        assertEquals(8, Generation.next("", List.of(entry(7)), Instant.EPOCH));
        assertEquals(10, Generation.next(Generation.written(9), List.of(entry(7)), Instant.EPOCH));
    }

    private static Migration entry(long generation) {
        Command.MovePlan plan = new Command.MovePlan(
                "m-1", "p-1", "pod-1", 1, "ws1", "ws1", "ws2", "", "", "", "secret", Instant.EPOCH);
        return new Migration(
                plan,
                "count",
                MoveState.PLACED,
                Reason.OPERATOR,
                "mig",
                "",
                List.of(),
                "",
                Map.of(),
                Map.of(),
                0,
                generation);
    }
}
