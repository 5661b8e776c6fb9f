package dev.tomte.mig;

import dev.tomte.contracts.MoveState;
import dev.tomte.contracts.ProcessStatus;
import dev.tomte.contracts.Rejected;
import dev.tomte.contracts.rest.MigrationResource;
import dev.tomte.contracts.rest.WhyResource;
import java.time.Instant;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "why",
        mixinStandardHelpOptions = true,
        description = "Why a process is where it is: the hosts it was weighed against, and each move with its reason.")
final class WhyCommand implements Callable<Integer> {
    @Mixin
    private Session session = new Session();

    @Parameters(paramLabel = "NAME", description = "The process's name or id.")
    private String process = "";

    @Override
    public Integer call() {
        try (Api api = session.api()) {
            String path = "/processes/" + Api.quoted(process) + "/why";
            if (session.isJson()) session.printJson(api.get(path));
            else System.out.print(told(api.get(path, WhyResource.class), Instant.now()));
            return 0;
        }
    }

    static String told(WhyResource why, Instant now) {
        StringBuilder out = new StringBuilder();
        ProcessStatus process = why.process();
        String where = switch (process.state()) {
            case RUNNING -> "runs on " + process.holder();
            case WAITING -> "has not begun";
            case UNREACHABLE -> "is on " + process.holder();
            case ENDED, LOST, UNKNOWN -> process.state().name();
        };
        if (!process.message().isEmpty()) where += ": " + process.message();
        out.append("%s (%s), at home on %s, %s%n".formatted(process.name(), process.process(), process.home(), where));
        out.append("now: %s%n".formatted(why.now()));
        for (Rejected host : why.hosts()) out.append("  %-10s %s%n".formatted(host.host(), host.why()));
        for (MigrationResource move : why.moves()) {
            out.append("%s ago, %s: %s -> %s, %s, for %s%n"
                    .formatted(
                            Words.ago(move.times().getOrDefault(MoveState.REQUESTED, now), now),
                            move.id(),
                            move.source(),
                            move.target(),
                            move.state(),
                            move.reason().word()));
            out.append("  %s%n".formatted(move.why()));
            if (!move.message().isEmpty()) out.append("  %s%n".formatted(move.message()));
            for (Rejected host : move.rejected()) out.append("    not %s: %s%n".formatted(host.host(), host.why()));
        }
        return out.toString();
    }
}
