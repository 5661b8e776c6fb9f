package dev.tomte.agent.move;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;

/**
 * Fail points switched by files: while {@code pause-source-FROZEN} (or {@code pause-FROZEN}, for both sides) is in the
 * directory, a move that reaches it writes {@code paused-source-FROZEN} and stands until the file is gone. With {@code
 * @PROCESS} at the end of either name it is for the moves of one process only. What the environment names in
 * TOMTE_PAUSE_AT, separated by commas, is switched on when the agent starts.
 */
public final class PauseFiles implements FailPoint {
    private static final System.Logger LOG = System.getLogger(PauseFiles.class.getName());
    private static final Duration LOOK = Duration.ofMillis(5);

    private final Path directory;
    private final Pause pause;

    /**
     * @param pauseAt TOMTE_PAUSE_AT; empty for none
     * @throws IOException if the directory cannot be made or written
     */
    public PauseFiles(Path directory, String pauseAt, Pause pause) throws IOException {
        this.directory = Files.createDirectories(directory);
        this.pause = pause;
        for (String name : Pattern.compile(",").splitAsStream(pauseAt).toList()) {
            if (name.isBlank()) continue;
            // a name that is no fail point would make a test wait for nothing
            if (!known().contains(name.strip()))
                throw new IllegalArgumentException(
                        "TOMTE_PAUSE_AT names '" + name.strip() + "', which is none of " + known());
            Files.writeString(directory.resolve("pause-" + name.strip()), "");
        }
    }

    @Override
    public void reached(String name, String process) {
        String one = name + "@" + process;
        if (stands(one)) standAt(one, () -> stands(one));
        String state = name.substring(name.indexOf('-') + 1);
        if (stands(name) || stands(state)) standAt(name, () -> stands(name) || stands(state));
    }

    private boolean stands(String name) {
        return Files.exists(directory.resolve("pause-" + name));
    }

    private void standAt(String name, BooleanSupplier stands) {
        Path paused = directory.resolve("paused-" + name);
        LOG.log(System.Logger.Level.WARNING, "paused at {0}", paused);
        try {
            Files.writeString(paused, "");
            while (stands.getAsBoolean()) pause.sleep(LOOK);
            Files.deleteIfExists(paused);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        LOG.log(System.Logger.Level.WARNING, "goes on from {0}", name);
    }

    private static Set<String> known() {
        List<String> names = new ArrayList<>();
        for (String side : List.of("", "source-", "target-"))
            for (String state : List.of(
                    "PLACED",
                    "PREPARED",
                    "FROZEN",
                    "RESTORED",
                    "PROPOSED",
                    "COMMITTED",
                    "FORGOTTEN",
                    "SETTLED",
                    "REFUSED",
                    "ROLLED_BACK",
                    "LOST")) names.add(side + state);
        return Set.copyOf(names);
    }
}
