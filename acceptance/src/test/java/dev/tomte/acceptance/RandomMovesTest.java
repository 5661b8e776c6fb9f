package dev.tomte.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Moves at random moments, sources and targets random, three processes at once. */
@Order(3)
class RandomMovesTest {
    private static final int PROCESSES = 3;
    private static final int MOVES = Boolean.getBoolean("tomte.long") ? 1000 : 200;
    private static final int LONGEST_REST_MILLIS = 120;

    private final Fleet fleet = Fleet.up();

    @Test
    @Timeout(value = 900, unit = TimeUnit.SECONDS)
    void nothingIsLostOrDoneTwice() throws InterruptedException, ExecutionException {
        long seed = Long.getLong("tomte.seed", 1991);
        System.out.printf("%d moves, -Dtomte.seed=%d%n", MOVES, seed);
        List<Guest> guests = new ArrayList<>();
        try (ExecutorService executor = Executors.newFixedThreadPool(PROCESSES)) {
            for (int i = 0; i < PROCESSES; i++)
                guests.add(Guest.counter(fleet, Fleet.HOSTS.get(i % Fleet.HOSTS.size()), "random-" + i));
            List<Future<Integer>> walks = new ArrayList<>();
            for (int i = 0; i < PROCESSES; i++) {
                int index = i;
                walks.add(executor.submit(() -> walk(guests.get(index), index, new Random(seed + index))));
            }
            int moved = 0;
            for (Future<Integer> walk : walks) moved += walk.get();
            assertEquals(MOVES, moved);
            for (Guest guest : guests) guest.finish();
        } finally {
            guests.forEach(Guest::close);
        }
    }

    private static int walk(Guest guest, int index, Random random) throws InterruptedException {
        String here = Fleet.HOSTS.get(index % Fleet.HOSTS.size());
        int moved = 0;
        while (moved < MOVES / PROCESSES + (index < MOVES % PROCESSES ? 1 : 0)) {
            String from = here;
            List<String> others =
                    Fleet.HOSTS.stream().filter(host -> !host.equals(from)).toList();
            here = others.get(random.nextInt(others.size()));
            Thread.sleep(random.nextInt(LONGEST_REST_MILLIS));
            guest.migrate(here);
            moved++;
        }
        return moved;
    }
}
