package dev.tomte.mig;

import dev.tomte.contracts.Json;
import dev.tomte.contracts.ProcessStatus;
import dev.tomte.contracts.Request.Launch;
import dev.tomte.contracts.Request.Launch.Begins;
import dev.tomte.contracts.Request.Launch.Streams;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;

@Command(
        name = "exec",
        mixinStandardHelpOptions = true,
        description = {
            "Run a command on an idle host as if at home: files, environment and user are the home's, what it writes"
                    + " comes here as it comes, and mig ends with its exit status. Ctrl-C interrupts it.",
            "It starts in the directory that mig is called in if its user may enter that at home, else in /home/tomte, and"
                    + " mig says so; with --cwd in that one or not at all.",
            "Its standard input is this command's, if that is a pipe or a file. When its host's owner comes back it moves"
                    + " on, like any other guest.",
            "Where no host is idle nothing is run and the exit status is 75, which means: try again later."
        },
        footer = "Everything after -- is the command: mig exec --home ws1 -- gcc -c big.c")
final class ExecCommand implements Callable<Integer> {
    private static final String HERE = System.getProperty("user.dir");

    @Mixin
    private Session session = new Session();

    @Mixin
    private LaunchOptions launch = new LaunchOptions();

    @Option(names = "--local-if-busy", description = "Where no host is idle it runs at home.")
    private boolean localIfBusy;

    @Option(
            names = {"-n", "--no-input"},
            description = "It reads nothing, and what comes here is left to others.")
    private boolean noInput;

    @Override
    public Integer call() throws InterruptedException {
        Map<String, Object> order = launch.order();
        order.put("shared", true);
        order.put("begins", localIfBusy ? Begins.ANYWHERE : Begins.AWAY);
        boolean fed = !noInput && InputCopy.isWanted();
        order.put("streams", fed ? Streams.FED : Streams.APART);
        if (!launch.hasDirectory()) order.put("preferredCwd", HERE);
        try (Api api = session.api()) {
            String home = launch.home(api);
            order.put("home", home);
            JsonNode started = api.post("/processes", order);
            String id = started.path("process").asString();
            String directory = started.path("cwd").asString();
            if (!launch.hasDirectory() && !directory.equals(HERE))
                System.err.printf("mig: %s cannot be entered at %s: it runs in %s%n", HERE, home, directory);
            TerminalSignals.pass(signal -> send(signal, id), "INT", "TERM", "HUP");
            // reading what does not come cannot be ended, but by the end of this command
            if (fed) Thread.ofPlatform().daemon().start(new InputCopy(api, id)::run);
            LogCopy.both(api, id, true);
            return end(WaitCommand.await(api, id));
        }
    }

    private void send(String signal, String id) {
        try (Api api = session.api()) {
            api.post("/processes/" + Api.quoted(id) + "/signal", Map.of("signal", signal));
        } catch (Refused e) {
            System.err.println("mig: " + e.getMessage());
        }
    }

    private int end(ProcessStatus last) {
        if (session.isJson()) System.err.println(Json.write(last));
        Integer exit = last.exitStatus();
        if (exit == null) throw new Refused("%s is lost: %s".formatted(last.name(), last.message()));
        if (exit == Launch.NOWHERE && !last.message().isEmpty()) throw new Refused(last.message(), exit);
        return exit;
    }
}
