package dev.tomte.bus;

import dev.tomte.contracts.Identity;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How the brokers are reached: the properties below {@code tomte.kafka}, the same for all services. It holds names of
 * files, never what is in them.
 *
 * @param servers {@code servers}, host:port of one or more brokers, with commas between
 * @param tls {@code security}: {@code own}, the default, is mutual TLS by this service's own certificate; {@code tls} is
 *     with {@code tls.authority} and perhaps {@code tls.certificate} and {@code tls.key}, all files
 * @param sasl {@code sasl.mechanism} and {@code sasl.credentials}, a directory, where brokers want a name and a password
 * @param prefix {@code prefix}
 * @param replication {@code replication}, copies of each topic that we make; 1
 */
public record Connection(String servers, Tls tls, Optional<Sasl> sasl, Prefix prefix, short replication) {
    private static final String BELOW = "tomte.kafka.";
    private static final Pattern SERVER = Pattern.compile("(\\[[0-9a-fA-F:.%]+]|[^\\s,:/\\[\\]]+):[0-9]{1,5}");

    public Connection {
        for (String server : servers.split(",", -1))
            if (!SERVER.matcher(server).matches())
                throw new IllegalArgumentException(
                        BELOW + "servers is '" + servers + "': it must be host:port, or several with commas between");
        if (replication < 1) throw new IllegalArgumentException(BELOW + "replication is less than one");
    }

    /** Of the project's own broker. */
    public static Connection own(String servers, Identity identity) {
        return new Connection(servers, Tls.of(identity), Optional.empty(), Prefix.NONE, (short) 1);
    }

    /**
     * @param property says what a property is
     * @throws IllegalArgumentException if they are not what they should be, or contradict each other; the message names
     *     the property
     */
    public static Connection of(Properties property, Identity own) {
        Said said = new Said(property);
        return new Connection(
                said.needed("servers"),
                tls(said, own),
                sasl(said),
                new Prefix(said.of("prefix").orElse("")),
                said.of("replication").map(Connection::replication).orElse((short) 1));
    }

    private static short replication(String word) {
        try {
            return Short.parseShort(word);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(BELOW + "replication is '" + word + "': it must be a small number");
        }
    }

    private static Tls tls(Said said, Identity own) {
        Optional<Path> authority = said.of("tls.authority").map(Path::of);
        Optional<String> certificate = said.of("tls.certificate");
        Optional<String> key = said.of("tls.key");
        if (certificate.isPresent() != key.isPresent())
            throw new IllegalArgumentException(
                    BELOW + "tls.certificate and tls.key go together: one of them is not said");
        String security = said.of("security").orElse("own");
        if (!security.equals("tls") && (authority.isPresent() || certificate.isPresent()))
            throw new IllegalArgumentException(BELOW + "tls.* is for " + BELOW + "security=tls, which is " + security);
        return switch (security) {
            case "own" -> Tls.of(own);
            case "tls" ->
                Tls.of(authority, certificate.map(chain -> new Tls.Shown(Path.of(chain), Path.of(key.orElseThrow()))));
            default ->
                throw new IllegalArgumentException(BELOW + "security is '" + security + "': it must be own or tls");
        };
    }

    private static Optional<Sasl> sasl(Said said) {
        Optional<String> credentials = said.of("sasl.credentials");
        Optional<Sasl.Mechanism> mechanism = said.of("sasl.mechanism").map(Sasl.Mechanism::of);
        if (mechanism.isPresent() != credentials.isPresent())
            throw new IllegalArgumentException(
                    BELOW + "sasl.mechanism and " + BELOW + "sasl.credentials go together: one of them is not said");
        return mechanism.map(each -> new Sasl(each, Path.of(credentials.orElseThrow())));
    }

    /** Where the properties are from. */
    @FunctionalInterface
    public interface Properties {
        /** The value; null if it has none. */
        @Nullable
        String get(String name);
    }

    private record Said(Properties property) {
        Optional<String> of(String name) {
            return Optional.ofNullable(property.get(BELOW + name))
                    .map(String::strip)
                    .filter(value -> !value.isEmpty());
        }

        String needed(String name) {
            return of(name).orElseThrow(() -> new IllegalArgumentException(BELOW + name + " is not said"));
        }
    }

    /** The clients' settings for servers and security. No secret is among them. */
    public Map<String, Object> settings() {
        Map<String, Object> all = new HashMap<>();
        all.put("bootstrap.servers", servers);
        all.put("security.protocol", sasl.isPresent() ? "SASL_SSL" : "SSL");
        all.put("ssl.engine.factory.class", FreshTls.class);
        all.put("ssl.enabled.protocols", String.join(",", tls.protocols()));
        all.put(FreshTls.SETTING, tls);
        sasl.ifPresent(who -> {
            all.put("sasl.mechanism", who.mechanism().kafkaName());
            all.put("sasl.jaas.config", who.mechanism().jaas());
            all.put("sasl.client.callback.handler.class", Credentials.class);
            all.put(Credentials.SETTING, who);
        });
        return all;
    }

    /** Why a client failed, and what to look at, for people: without a trace, and without anything secret. */
    public String explain(Throwable failure) {
        return new Explanation(this).of(failure);
    }

    /** As whom brokers know us. */
    public String user() {
        if (sasl.isEmpty()) return "this service";
        try {
            return "the user '" + sasl.get().username() + "'";
        } catch (IOException e) {
            return "a user without a name (" + e.getMessage() + ")";
        }
    }
}
