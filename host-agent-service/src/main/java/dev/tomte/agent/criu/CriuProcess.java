package dev.tomte.agent.criu;

import dev.tomte.linux.Errno;
import dev.tomte.linux.UnixSocket;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A criu with which a few words are exchanged by a socket: bytes, each a message. It ends when the socket does, as long
 * as it waits for one. One thread.
 */
final class CriuProcess implements AutoCloseable {
    /** It has got ready. */
    static final char WAITS = 'w';

    static final char GO = 'g';
    /** To a dump: as {@link #GO}, but memory is read by others. */
    static final char GO_WITHOUT_MEMORY = 'l';

    /** All images are there. */
    static final char WRITTEN = 'd';

    /** The tree is there, and has not run. */
    static final char HOLDS = 'h';

    static final char LET_GO = 'y';

    private static final Logger LOG = LoggerFactory.getLogger(CriuProcess.class);
    private static final Duration LOOK = Duration.ofMillis(100);

    private final String what;
    private final Path logs;
    private final Process enter;
    private final UnixSocket mine;

    private CriuProcess(String what, Path logs, Process enter, UnixSocket mine) {
        this.what = what;
        this.logs = logs;
        this.enter = enter;
        this.mine = mine;
    }

    /** Makes the command of the descriptor that criu's end of the socket has here. */
    @FunctionalInterface
    interface Command {
        List<String> with(int socket) throws IOException;
    }

    /** @param alone whether nothing else is in it */
    record Environment(Map<String, String> all, boolean alone) {}

    /**
     * Returns when criu waits.
     *
     * @param what dump or restore; its log is called so
     * @param logs a directory for what it writes; neither it nor criu's end is this JVM's child's in a way that ends it
     */
    static CriuProcess start(String what, Path logs, Environment environment, Command command, Duration patience)
            throws IOException {
        UnixSocket.Pair pair = UnixSocket.pair();
        try (UnixSocket criusOwn = pair.other()) {
            ProcessBuilder builder = new ProcessBuilder(
                            command.with(criusOwn.fd().value()))
                    .redirectInput(new File("/dev/null"))
                    .redirectErrorStream(true)
                    .redirectOutput(logs.resolve(what + ".out").toFile());
            if (environment.alone()) builder.environment().clear();
            builder.environment().putAll(environment.all());
            CriuProcess criu = new CriuProcess(what, logs, builder.start(), pair.one());
            if (!criu.says(WAITS, patience)) {
                IOException failure = criu.failure();
                criu.kill();
                throw failure;
            }
            return criu;
        } catch (IOException | RuntimeException e) {
            pair.one().close();
            throw e;
        }
    }

    /** Waits for this word, however long; false if it ends instead. */
    boolean says(char word) throws IOException {
        return says(word, Duration.ofNanos(Long.MAX_VALUE));
    }

    /** Waits for this word; false if it ends instead, or says nothing for too long. */
    boolean says(char word, Duration patience) throws IOException {
        long began = System.nanoTime();
        // as long as its end of the socket is open here too, the socket does not tell that it has ended
        mine.receiveTimeout(LOOK);
        while (System.nanoTime() - began < patience.toNanos()) {
            // asked first: what it has said before its end is heard then
            boolean lives = enter.isAlive();
            try (UnixSocket.Message message = mine.receive(16).orElse(null)) {
                return message != null && message.bytes().length == 1 && message.bytes()[0] == word;
            } catch (Errno e) {
                if (e.code() != Errno.EAGAIN) throw e;
                if (!lives) return false;
            }
        }
        return false;
    }

    void tell(char word) throws IOException {
        mine.send(new byte[] {(byte) word}, List.of());
    }

    /**
     * Waits until it has ended. Not to be interrupted: the interruption is kept for later.
     *
     * @throws IOException if it did not end well; the message is its own
     */
    void awaitSuccess() throws IOException {
        if (awaitEnd() != 0) throw failure();
    }

    private int awaitEnd() {
        boolean interrupted = false;
        while (true) {
            try {
                int code = enter.waitFor();
                if (interrupted) Thread.currentThread().interrupt();
                return code;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
    }

    /** Ends it whatever it does: no dump may be ended so, except one that waits. */
    void kill() {
        enter.destroyForcibly();
        close();
    }

    /** What criu calls errors, which names files and kinds, never content. */
    IOException failure() {
        List<String> said = new ArrayList<>();
        for (String file : List.of(what + ".log", what + ".out")) {
            try (Stream<String> lines = Files.lines(logs.resolve(file), StandardCharsets.ISO_8859_1)) {
                lines.filter(line -> file.endsWith(".out") || line.contains("Error"))
                        .map(line -> line.replaceFirst("^\\([0-9.]+\\) *", "").strip())
                        .limit(4)
                        .forEach(said::add);
            } catch (IOException | RuntimeException e) {
                LOG.debug("no {}", file, e);
            }
        }
        String words = said.isEmpty() ? "criu says nothing" : String.join("; ", said);
        return new IOException("the %s failed: %s".formatted(what, words.substring(0, Math.min(800, words.length()))));
    }

    /** Lets go of it, and waits until it has ended: what waits for a word does. */
    @Override
    public void close() {
        mine.close();
        awaitEnd();
        for (String file : List.of(what + ".log", what + ".out")) {
            try {
                Files.deleteIfExists(logs.resolve(file));
            } catch (IOException e) {
                LOG.warn("{} in {} stays: {}", file, logs, e.getMessage());
            }
        }
    }
}
