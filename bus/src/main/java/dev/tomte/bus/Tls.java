package dev.tomte.bus;

import dev.tomte.contracts.Identity;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What always lies between us and the brokers; their names are checked.
 *
 * @param protocols that are spoken, as JSSE names them
 * @param authority PEM file with the certificates that the brokers' are signed by; if it is not said, Java's own
 * @param shown what we show, where brokers want to see a certificate
 */
public record Tls(List<String> protocols, Optional<Path> authority, Optional<Shown> shown) {
    public Tls {
        protocols = List.copyOf(protocols);
    }

    /** Both sides are of one authority, ours. */
    public static Tls of(Identity own) {
        return new Tls(
                List.of("TLSv1.3"), Optional.of(own.authority()), Optional.of(new Shown(own.certificate(), own.key())));
    }

    /** With brokers that are not ours, and may be older. */
    public static Tls of(Optional<Path> authority, Optional<Shown> shown) {
        return new Tls(List.of("TLSv1.3", "TLSv1.2"), authority, shown);
    }

    /** For people. */
    String words() {
        return "trusted is " + authority.map(Path::toString).orElse("what Java trusts") + ", shown is "
                + shown.map(each -> each.certificate().toString()).orElse("no certificate");
    }

    /**
     * A certificate that we show.
     *
     * @param certificate PEM file of the chain, its own first
     * @param key PEM file, PKCS 8, without a password
     */
    public record Shown(Path certificate, Path key) {}
}
