package dev.tomte.mig;

import dev.tomte.contracts.ProcessStatus;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "wait",
        mixinStandardHelpOptions = true,
        description = "Wait for a process to end, and end with its status.")
final class WaitCommand implements Callable<Integer> {
    private static final int ASK_SECONDS = 20;

    @Mixin
    private Session session = new Session();

    @Parameters(paramLabel = "NAME", description = "The process's name or id.")
    private String process = "";

    @Override
    public Integer call() {
        try (Api api = session.api()) {
            // a name may be given to another process once this one has ended
            String id = api.get("/processes/" + Api.quoted(process), ProcessStatus.class)
                    .process();
            return end(await(api, id));
        }
    }

    /** What is known of a process when it has ended. */
    static ProcessStatus await(Api api, String id) {
        while (true) {
            ProcessStatus status =
                    api.get("/processes/%s?wait=%d".formatted(Api.quoted(id), ASK_SECONDS), ProcessStatus.class);
            if (!status.isLiving()) return status;
        }
    }

    private int end(ProcessStatus status) {
        if (session.isJson()) session.printJson(status);
        Integer exit = status.exitStatus();
        if (exit == null) throw new Refused("%s is lost: %s".formatted(status.name(), status.message()));
        return exit;
    }
}
