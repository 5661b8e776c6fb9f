package dev.tomte.migration.streams;

import dev.tomte.contracts.Availability;
import dev.tomte.contracts.ProcessStatus;
import dev.tomte.migration.access.Caller;
import dev.tomte.migration.access.Cluster;
import dev.tomte.migration.access.Permission;
import dev.tomte.migration.rest.Fleet;
import dev.tomte.migration.rest.Problem;
import dev.tomte.migration.rest.Sight;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.Semaphore;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** What a process wrote to its standard output and error, as its home pod has it, wherever it runs. */
@RestController
final class LogsController {
    /** A reader who is gone is noticed at the next byte only, so their number has a limit. */
    private final Semaphore readers = new Semaphore(200);

    private final Fleet fleet;
    private final HomeStreams streams;

    LogsController(Fleet fleet, HomeStreams streams) {
        this.fleet = fleet;
        this.streams = streams;
    }

    /** One of a process's logs: what it writes is in one, unless it was started otherwise. */
    enum Stream {
        OUT(1),
        ERR(2);

        private final int number;

        Stream(int number) {
            this.number = number;
        }
    }

    /**
     * @param from bytes from the beginning; negative: so many before the end
     * @param stream err: its standard error, where that is apart
     */
    @GetMapping(path = "/api/v1/processes/{process}/log", produces = MediaType.APPLICATION_OCTET_STREAM_VALUE)
    void log(
            @PathVariable String process,
            @RequestParam(defaultValue = "false") boolean follow,
            @RequestParam(defaultValue = "0") long from,
            @RequestParam(defaultValue = "OUT") Stream stream,
            HttpServletResponse response,
            Caller who)
            throws IOException {
        Sight sight = fleet.seenBy(who);
        ProcessStatus found = sight.process(process);
        Permission readLog = Permission.readLog(found);
        sight.require(readLog);
        Availability home = fleet.home(found);
        if (!readers.tryAcquire())
            throw Problem.silent("Too many logs are being read here. Ask the other replica, or later");
        try {
            response.setContentType(MediaType.APPLICATION_OCTET_STREAM_VALUE);
            // who follows may do so for longer than a right, or a token, lasts
            OutputStream out =
                    new GuardedOutput(response.getOutputStream(), () -> sight.lasts() && sight.permits(readLog));
            streams.copy(home, found.process(), stream.number, from, follow, out);
        } catch (Cluster.Silent e) {
            if (response.isCommitted()) throw new IOException("the log broke off", e);
            throw e;
        } catch (StatusRuntimeException e) {
            // once bytes have gone out only the broken connection can say that there should have been more
            if (response.isCommitted()) throw new IOException("the log broke off", e);
            response.reset();
            throw problem(e, found);
        } finally {
            readers.release();
        }
    }

    private static Problem problem(StatusRuntimeException e, ProcessStatus process) {
        String why = e.getStatus().getDescription();
        return e.getStatus().getCode() == Status.Code.NOT_FOUND
                ? Problem.unknownProcess("%s has no log of %s any more".formatted(process.home(), process.process()))
                : Problem.silent("%s, the home of %s, does not give its log: %s"
                        .formatted(
                                process.home(),
                                process.name(),
                                why == null ? e.getStatus().getCode() : why));
    }
}
