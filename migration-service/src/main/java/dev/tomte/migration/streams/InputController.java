package dev.tomte.migration.streams;

import dev.tomte.contracts.Availability;
import dev.tomte.contracts.ProcessStatus;
import dev.tomte.contracts.rest.InputResource;
import dev.tomte.migration.access.Caller;
import dev.tomte.migration.access.Permission;
import dev.tomte.migration.rest.Fleet;
import dev.tomte.migration.rest.Problem;
import dev.tomte.migration.rest.Sight;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.Semaphore;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** What a process reads from its standard input, wherever it runs. Who sends goes on from what the answer says. */
@RestController
final class InputController {
    private static final int MOST = 64 * 1024;

    /** Each may wait for a process that does not read. */
    private final Semaphore writers = new Semaphore(100);

    private final Fleet fleet;
    private final HomeStreams streams;

    InputController(Fleet fleet, HomeStreams streams) {
        this.fleet = fleet;
        this.streams = streams;
    }

    /**
     * @param from the offset of the body's first byte, from the first that was ever sent; what is known is left out
     * @param last whether nothing comes after these
     */
    @PostMapping("/api/v1/processes/{process}/input")
    InputResource input(
            @PathVariable String process,
            @RequestParam long from,
            @RequestParam(defaultValue = "false") boolean last,
            InputStream body,
            Caller who)
            throws IOException {
        Sight sight = fleet.seenBy(who);
        ProcessStatus found = sight.process(process);
        sight.require(Permission.dispose(found));
        sight.requireLiving(found);
        byte[] bytes = body.readNBytes(MOST + 1);
        if (bytes.length > MOST) throw Problem.invalid("More than %d bytes at once".formatted(MOST));
        if (from < 0) throw Problem.invalid("from is negative");
        Availability home = fleet.home(found);
        if (!writers.tryAcquire())
            throw Problem.silent("Too many processes are being written to here. Ask the other replica, or later");
        try {
            return new InputResource(streams.feed(home, found.process(), from, bytes, last));
        } catch (StatusRuntimeException e) {
            throw problem(e, found);
        } finally {
            writers.release();
        }
    }

    private static Problem problem(StatusRuntimeException e, ProcessStatus process) {
        String said = e.getStatus().getDescription();
        String why = said == null ? e.getStatus().getCode().toString() : said;
        return e.getStatus().getCode() == Status.Code.FAILED_PRECONDITION
                ? Problem.refused(why)
                : Problem.silent("%s, the home of %s, does not take its input: %s"
                        .formatted(process.home(), process.name(), why));
    }
}
