package dev.tomte.agent.bus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class WaitingTest {
    private static final Duration LONG = Duration.ofHours(1);
    private static final int MOST = 3;

    private final Waiting<String> waiting = new Waiting<>();

    @Test
    void whatIsUrgentTakesWithItWhatCameBeforeInItsOrder() throws Exception {
        waiting.add("frozen", LONG, MOST);
        waiting.add("restored", LONG, MOST);
        waiting.add("settled", Duration.ZERO, MOST);
        assertEquals("frozen", waiting.take());
        assertEquals("restored", waiting.take());
        assertEquals("settled", waiting.take());
        assertTrue(waiting.isEmpty());
    }

    @Test
    void whatCanWaitWaitsForItsTime() throws Exception {
        waiting.add("frozen", LONG, MOST);
        CompletableFuture<String> taken = taken();
        assertThrows(TimeoutException.class, () -> taken.get(50, TimeUnit.MILLISECONDS));
        waiting.add("restored", Duration.ofMillis(10), MOST);
        assertEquals("frozen", taken.get());
    }

    @Test
    void afterAllHasGoneNothingIsDue() throws Exception {
        waiting.add("settled", Duration.ZERO, MOST);
        assertEquals("settled", waiting.take());
        waiting.add("frozen", LONG, MOST);
        CompletableFuture<String> taken = taken();
        assertThrows(TimeoutException.class, () -> taken.get(50, TimeUnit.MILLISECONDS));
        waiting.add("rolled back", Duration.ZERO, MOST);
        assertEquals("frozen", taken.get());
    }

    @Test
    void theOldestIsLeftOut() throws Exception {
        for (String one : new String[] {"a", "b", "c"}) assertFalse(waiting.add(one, Duration.ZERO, MOST));
        assertTrue(waiting.add("d", Duration.ZERO, MOST));
        assertEquals(MOST, waiting.size());
        assertEquals("b", waiting.take());
    }

    private CompletableFuture<String> taken() {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return waiting.take();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
    }
}
