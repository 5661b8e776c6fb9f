package dev.tomte.bus;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.apache.kafka.common.security.plain.PlainLoginModule;
import org.apache.kafka.common.security.scram.ScramLoginModule;

/**
 * Who we say we are to the brokers. The password is in a file only, read anew for each connection: so it is in no setting
 * that could be logged, and a new one is taken up.
 *
 * @param credentials directory with the files {@code username} and {@code password}
 */
public record Sasl(Mechanism mechanism, Path credentials) {
    /** How it is proved; Kafka's names have hyphens. */
    public enum Mechanism {
        /** Hands the password over, so only inside of TLS. */
        PLAIN(PlainLoginModule.class),
        SCRAM_SHA_256(ScramLoginModule.class),
        SCRAM_SHA_512(ScramLoginModule.class);

        private final Class<?> module;

        Mechanism(Class<?> module) {
            this.module = module;
        }

        String kafkaName() {
            return name().replace('_', '-');
        }

        /** JAAS wants a module, though ours do nothing there: the callbacks give what is asked for. */
        String jaas() {
            return module.getName() + " required;";
        }

        static Mechanism of(String word) {
            for (Mechanism mechanism : values()) if (mechanism.kafkaName().equals(word)) return mechanism;
            throw new IllegalArgumentException("there is no SASL mechanism '" + word + "' but "
                    + Arrays.stream(values()).map(Mechanism::kafkaName).collect(Collectors.joining(", ")));
        }
    }

    /** @throws IOException if there is none; the message names the file */
    String username() throws IOException {
        return content("username");
    }

    /** @throws IOException if there is none; the message names the file, never its content */
    char[] password() throws IOException {
        return content("password").toCharArray();
    }

    /** Editors and pipes end a file with a newline, which is not meant. */
    private String content(String name) throws IOException {
        Path file = credentials.resolve(name);
        String content;
        try {
            content = Files.readString(file);
        } catch (IOException e) {
            // a malformed input's message could be of its content
            throw new IOException(file + " cannot be read: " + e.getClass().getSimpleName());
        }
        if (content.endsWith("\n")) content = content.substring(0, content.length() - 1);
        if (content.endsWith("\r")) content = content.substring(0, content.length() - 1);
        if (content.isEmpty()) throw new IOException(file + " is empty");
        return content;
    }
}
