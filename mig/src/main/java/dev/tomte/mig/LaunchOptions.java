package dev.tomte.mig;

import dev.tomte.contracts.Availability;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What is to be started, as whom, and where it belongs: for run and exec. */
final class LaunchOptions {
    private static final int TOMTE = 1000;

    @Option(
            names = "--home",
            paramLabel = "HOST",
            description = "Where it belongs: its files are there (default: a host that is heard of).")
    private @Nullable String home;

    @Option(names = "--name", description = "How it is called (default: a name is invented).")
    private @Nullable String name;

    @Option(names = "--user", description = "tomte, root, or a user id (default: tomte).")
    private @Nullable String user;

    @Option(
            names = "--cwd",
            paramLabel = "DIRECTORY",
            description = "Where it starts (default: /home/tomte; of exec: here, if that is there).")
    private @Nullable String cwd;

    @Option(
            names = "--env",
            paramLabel = "KEY[=VALUE]",
            description =
                    "Added to its environment; may be repeated. Without a value: the one that it has here, if any.")
    private List<String> env = new ArrayList<>();

    @Parameters(arity = "1..*", paramLabel = "COMMAND", description = "The program and its arguments.")
    private List<String> command = new ArrayList<>();

    @Spec(Spec.Target.MIXEE)
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    boolean hasHome() {
        return home != null;
    }

    /** The body of POST /processes, but for its home and where it may go. */
    Map<String, Object> order() {
        Map<String, Object> order = new LinkedHashMap<>();
        if (name != null) order.put("name", name);
        if (cwd != null) order.put("cwd", cwd);
        if (user != null) order.put("uid", uid(user));
        order.put("env", environment());
        order.put("command", command);
        return order;
    }

    boolean hasDirectory() {
        return cwd != null;
    }

    /** The home that was given, or any host that lives. */
    String home(Api api) {
        return home != null ? home : anyHost(api);
    }

    private Map<String, String> environment() {
        Map<String, String> all = new LinkedHashMap<>();
        for (String one : env) {
            int equals = one.indexOf('=');
            String key = equals < 0 ? one : one.substring(0, equals);
            if (key.isEmpty())
                throw new ParameterException(spec.commandLine(), "--env takes KEY or KEY=VALUE, not '" + one + "'");
            String value = equals < 0 ? System.getenv(key) : one.substring(equals + 1);
            if (value != null) all.put(key, value);
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
