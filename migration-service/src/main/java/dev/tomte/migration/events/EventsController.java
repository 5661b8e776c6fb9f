package dev.tomte.migration.events;

import dev.tomte.contracts.Json;
import dev.tomte.migration.access.Caller;
import dev.tomte.migration.access.Cluster;
import dev.tomte.migration.rest.Fleet;
import dev.tomte.migration.rest.Sight;
import dev.tomte.migration.view.Change;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** Tells of every change of hosts, processes and migrations that its reader may see, from the moment it is asked. */
@RestController
final class EventsController {
    /** A reader who falls this far behind is cut off; it reads the resources again, and comes back. */
    private static final int BEHIND = 1000;

    private static final Duration QUIET = Duration.ofSeconds(10);

    private final Fleet fleet;

    EventsController(Fleet fleet) {
        this.fleet = fleet;
    }

    @GetMapping(path = "/api/v1/events", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
    @SuppressWarnings("try")
    void events(HttpServletResponse response, Caller who) throws Exception {
        Sight sight = fleet.seenBy(who);
        BlockingQueue<Change> changes = new ArrayBlockingQueue<>(BEHIND);
        AtomicBoolean isBehind = new AtomicBoolean();
        try (AutoCloseable watching = fleet.view().watch(change -> {
            if (!changes.offer(change)) isBehind.set(true);
        })) {
            response.setContentType(MediaType.TEXT_EVENT_STREAM_VALUE);
            response.setHeader("Cache-Control", "no-store");
            OutputStream out = response.getOutputStream();
            write(out, ": from here on\n\n");
            long told = System.nanoTime();
            while (!isBehind.get()) {
                long left = QUIET.toNanos() - (System.nanoTime() - told);
                Optional<Change> change = Optional.ofNullable(changes.poll(left, TimeUnit.NANOSECONDS));
                // it may go on for longer than a right, or a token
                if (!sight.lasts()) return;
                Optional<String> event = change.flatMap(sight::shown).map(EventsController::event);
                // that something has changed is not told either to who may not see it
                if (event.isEmpty() && System.nanoTime() - told < QUIET.toNanos()) continue;
                write(out, event.orElse(": nothing new\n\n"));
                told = System.nanoTime();
            }
        } catch (Cluster.Silent e) {
            // its reader comes back, and is told then
            if (!response.isCommitted()) throw e;
        }
    }

    private static String event(Change change) {
        return "event: %s\ndata: %s\n\n".formatted(change.kind(), Json.write(change.resource()));
    }

    private static void write(OutputStream out, String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.UTF_8));
        out.flush();
    }
}
