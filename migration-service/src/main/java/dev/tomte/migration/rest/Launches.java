package dev.tomte.migration.rest;

import dev.tomte.contracts.Names;
import dev.tomte.contracts.ProcessStatus;
import dev.tomte.contracts.Request;
import dev.tomte.contracts.rest.RunOrder;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What is to be started, from what somebody asked for. */
final class Launches {
    private static final String DIRECTORY = "/home/tomte";
    private static final int USER = 1000;
    /** Characters of the command and environment; what execve(2) takes in one argument. */
    private static final int LIMIT = 128 * 1024;

    private Launches() {}

    /** @throws IllegalArgumentException if it cannot be started so, with the reason */
    static Request.Launch of(RunOrder order) {
        List<String> command = order.command() == null ? List.of() : order.command();
        Map<String, String> env = order.env() == null ? Map.of() : order.env();
        if (command.isEmpty()) throw new IllegalArgumentException("No command is given");
        command.forEach(word -> sound("the command", word));
        env.forEach((name, value) -> {
            sound("the environment", name);
            sound("the variable " + name, value);
            if (name.isEmpty() || name.contains("="))
                throw new IllegalArgumentException("'%s' is not a variable's name".formatted(name));
        });
        long size = command.stream().mapToLong(String::length).sum()
                + env.entrySet().stream()
                        .mapToLong(e -> e.getKey().length() + e.getValue().length())
                        .sum();
        if (size > LIMIT)
            throw new IllegalArgumentException(
                    "Command and environment have %d characters, more than %d".formatted(size, LIMIT));
        String cwd = order.cwd() == null ? DIRECTORY : order.cwd();
        sound("the directory", cwd);
        String preferred = order.preferredCwd();
        if (preferred != null) sound("the directory", preferred);
        return new Request.Launch(
                order.name() == null || order.name().isEmpty() ? invented(command.getFirst()) : order.name(),
                ProcessStatus.DEFAULT_NAMESPACE,
                command,
                env,
                cwd,
                order.uid() == null ? USER : order.uid(),
                order.shared() != null && order.shared(),
                Objects.requireNonNullElse(order.begins(), Request.Launch.Begins.HOME),
                Objects.requireNonNullElse(order.streams(), Request.Launch.Streams.LOG),
                preferred);
    }

    private static void sound(String what, @Nullable String text) {
        if (text == null) throw new IllegalArgumentException(what + " has a null in it");
        if (text.indexOf('\0') >= 0) throw new IllegalArgumentException(what + " has a NUL character in it");
    }

    /** After the program, and hard to hit twice. */
    private static String invented(String program) {
        String base = program.substring(program.lastIndexOf('/') + 1)
                .toLowerCase(Locale.ROOT)
                .replaceAll("[^a-z0-9]", "");
        if (base.isEmpty()) base = "process";
        return Names.fresh(base.substring(0, Math.min(base.length(), 20))).replaceFirst("-(.{5}).*$", "-$1");
    }
}
