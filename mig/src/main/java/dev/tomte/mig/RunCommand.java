package dev.tomte.mig;

import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

@Command(
        name = "run",
        mixinStandardHelpOptions = true,
        description = {
            "Start a process at its home, and print its name.",
            "Without --home it is then moved to an idle host by itself, and away from it when its owner is back. One that"
                    + " is given a home stays there until somebody moves it."
        },
        footer = "Everything after -- is the command: mig run --home ws1 -- sh -c 'date; sleep 60'")
final class RunCommand implements Callable<Integer> {
    @Mixin
    private Session session = new Session();

    @Mixin
    private LaunchOptions launch = new LaunchOptions();

    @Option(names = "--here", description = "It stays at home until somebody moves it.")
    private boolean here;

    @Option(names = "--share", description = "With --home: it is moved to idle hosts by itself all the same.")
    private boolean share;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() {
        if (here && share) throw new ParameterException(spec.commandLine(), "--here and --share exclude each other");
        Map<String, Object> order = launch.order();
        try (Api api = session.api()) {
            order.put("home", launch.home(api));
            order.put("shared", share || (!launch.hasHome() && !here));
            JsonNode process = api.post("/processes", order);
            if (session.isJson()) session.printJson(process);
            else System.out.println(process.path("name").asString());
            return 0;
        }
    }
}
