package dev.tomte.mig;

import dev.tomte.contracts.ProcessStatus;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "logs", mixinStandardHelpOptions = true, description = "What a process wrote, wherever it was.")
final class LogsCommand implements Callable<Integer> {
    private static final int BUFFER = 8192;
    private static final int RETRIES = 20;
    private static final int RETRY_MILLIS = 500;

    @Mixin
    private Session session = new Session();

    @Option(
            names = {"-f", "--follow"},
            description = "Go on until the process ends.")
    private boolean follow;

    @Parameters(paramLabel = "NAME", description = "The process's name or id.")
    private String process = "";

    private long position;

    @Override
    public Integer call() throws InterruptedException {
        try (Api api = session.api()) {
            String id = api.get("/processes/" + Api.quoted(process), ProcessStatus.class)
                    .process();
            int failures = 0;
            while (true) {
                long before = position;
                if (copy(api, id)) return 0;
                // the replica has gone, and another goes on from where it stopped
                failures = position > before ? 0 : failures + 1;
                if (failures > RETRIES) throw new Refused("the log of " + process + " breaks off again and again");
                Thread.sleep(RETRY_MILLIS);
            }
        }
    }

    /** Whether the log was read to its end. */
    private boolean copy(Api api, String id) {
        String path = "/processes/%s/log?from=%d&follow=%s".formatted(Api.quoted(id), position, follow);
        try (InputStream in = api.stream(path, "application/octet-stream, text/plain, */*")) {
            byte[] buffer = new byte[BUFFER];
            int read;
            while ((read = in.read(buffer)) >= 0) {
                System.out.write(buffer, 0, read);
                System.out.flush();
                position += read;
            }
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
