package dev.tomte.mig;

import dev.tomte.contracts.Availability;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
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
    private static final int TOMTE = 1000;

    @Mixin
    private Session session = new Session();

    @Option(
            names = "--home",
            paramLabel = "HOST",
            description = "Where it belongs, and stays (default: a host that is heard of).")
    private @Nullable String home;

    @Option(names = "--name", description = "How it is called (default: a name is invented).")
    private @Nullable String name;

    @Option(names = "--user", description = "tomte, root, or a user id (default: tomte).")
    private @Nullable String user;

    @Option(names = "--cwd", paramLabel = "DIRECTORY", description = "Where it starts (default: /home/tomte).")
    private @Nullable String cwd;

    @Option(names = "--env", paramLabel = "KEY=VALUE", description = "Added to its environment; may be repeated.")
    private List<String> env = new ArrayList<>();

    @Option(names = "--here", description = "It stays at home until somebody moves it.")
    private boolean here;

    @Option(names = "--share", description = "With --home: it is moved to idle hosts by itself all the same.")
    private boolean share;

    @Parameters(arity = "1..*", paramLabel = "COMMAND", description = "The program and its arguments.")
    private List<String> command = new ArrayList<>();

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() {
        Map<String, Object> order = new LinkedHashMap<>();
        if (name != null) order.put("name", name);
        if (cwd != null) order.put("cwd", cwd);
        if (user != null) order.put("uid", uid(user));
        order.put("env", environment());
        order.put("command", command);
        if (here && share) throw new ParameterException(spec.commandLine(), "--here and --share exclude each other");
        order.put("shared", share || (home == null && !here));
        try (Api api = session.api()) {
            order.put("home", home != null ? home : anyHost(api));
            JsonNode process = api.post("/processes", order);
            if (session.isJson()) session.printJson(process);
            else System.out.println(process.path("name").asString());
            return 0;
        }
    }

    private Map<String, String> environment() {
        Map<String, String> all = new LinkedHashMap<>();
        for (String one : env) {
            int equals = one.indexOf('=');
            if (equals < 1)
                throw new ParameterException(spec.commandLine(), "--env takes KEY=VALUE, not '" + one + "'");
            all.put(one.substring(0, equals), one.substring(equals + 1));
        }
        return all;
    }

    private int uid(String user) {
        if (user.equals("root")) return 0;
        if (user.equals("tomte")) return TOMTE;
        try {
            return Integer.parseInt(user);
        } catch (NumberFormatException e) {
            throw new ParameterException(
                    spec.commandLine(), "--user takes tomte, root or a number, not '" + user + "'");
        }
    }

    private static String anyHost(Api api) {
        return api.list("/hosts", Availability.class).stream()
                .filter(host -> !host.isSilent(Instant.now()))
                .map(Availability::host)
                .findFirst()
                .orElseThrow(() -> new Refused("no host has been heard of lately"));
    }
}
