package dev.tomte.mig;

import dev.tomte.contracts.Identity;
import dev.tomte.contracts.Trust;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;

/** Who we are to the API, and whom we trust. */
sealed interface Credentials {
    /** @throws IOException if a file cannot be used; the message names it */
    SSLContext sslContext() throws IOException;

    /**
     * What is said with each call, as of now.
     *
     * @throws Refused if there is nothing to say that should be; the message never has it
     */
    Optional<String> authorization();

    /** The file or directory that a complaint is about. */
    Path source();

    /** A certificate of the fleet's. */
    record Certificate(Identity identity) implements Credentials {
        @Override
        public SSLContext sslContext() throws IOException {
            return identity.sslContext();
        }

        @Override
        public Optional<String> authorization() {
            return Optional.empty();
        }

        @Override
        public Path source() {
            return identity.directory();
        }
    }

    /**
     * A token of a cluster's.
     *
     * @param file empty: {@code TOMTE_TOKEN} of the environment
     */
    record Token(Trust trust, Optional<Path> file) implements Credentials {
        static final String VARIABLE = "TOMTE_TOKEN";
        /** As RFC 6750 has it; what is none would be said in an exception's message. */
        private static final Pattern SOUND = Pattern.compile("[A-Za-z0-9._~+/-]+=*");

        @Override
        public SSLContext sslContext() throws IOException {
            return trust.sslContext();
        }

        @Override
        public Optional<String> authorization() {
            String token = read().strip();
            if (!SOUND.matcher(token).matches())
                throw new Refused(file.map(Path::toString).orElse(VARIABLE) + " holds no token");
            return Optional.of("Bearer " + token);
        }

        private String read() {
            if (file.isEmpty()) return System.getenv().getOrDefault(VARIABLE, "");
            try {
                return Files.readString(file.get(), StandardCharsets.ISO_8859_1);
            } catch (IOException e) {
                throw new Refused("the token in " + file.get() + " cannot be read: "
                        + e.getClass().getSimpleName());
            }
        }

        @Override
        public Path source() {
            return trust.authority();
        }
    }
}
