package dev.tomte.migration.events;

import dev.tomte.contracts.Json;
import dev.tomte.migration.rest.Fleet;
import dev.tomte.migration.view.Change;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** Tells of every change of hosts, processes and migrations from the moment it is asked. */
@RestController
final class EventsController {
    /** A reader who falls this far behind is cut off; it reads the resources again, and comes back. */
    private static final int BEHIND = 1000;

    private static final int QUIET_SECONDS = 10;

    private final Fleet fleet;

    EventsController(Fleet fleet) {
        this.fleet = fleet;
    }

    @GetMapping(path = "/api/v1/events", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
    @SuppressWarnings("try")
    void events(HttpServletResponse response) throws Exception {
        BlockingQueue<Change> changes = new ArrayBlockingQueue<>(BEHIND);
        AtomicBoolean isBehind = new AtomicBoolean();
        try (AutoCloseable watching = fleet.view().watch(change -> {
            if (!changes.offer(change)) isBehind.set(true);
        })) {
            response.setContentType(MediaType.TEXT_EVENT_STREAM_VALUE);
            response.setHeader("Cache-Control", "no-store");
            OutputStream out = response.getOutputStream();
            write(out, ": from here on\n\n");
            while (!isBehind.get()) {
                Change change = changes.poll(QUIET_SECONDS, TimeUnit.SECONDS);
                write(
                        out,
                        change == null
                                ? ": nothing new\n\n"
                                : "event: %s\ndata: %s\n\n".formatted(change.kind(), Json.write(change.resource())));
            }
        }
    }

    private static void write(OutputStream out, String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.UTF_8));
        out.flush();
    }
}
