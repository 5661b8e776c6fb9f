package dev.tomte.contracts;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * Who a service is to the others: its certificate, its key (EC, PKCS 8) and the authority that it trusts, as PEM files
 * of one directory. The files are read anew with every call, so that renewed ones are taken up.
 */
public record Identity(Path directory) {
    private static final Pattern KEY =
            Pattern.compile("-----BEGIN PRIVATE KEY-----([^-]+)-----END PRIVATE KEY-----", Pattern.DOTALL);
    private static final char[] NO_PASSWORD = {};

    /** Its chain of certificates, its own first. */
    public Path certificate() {
        return directory.resolve("host.crt");
    }

    public Path key() {
        return directory.resolve("host.key");
    }

    /** The authority's certificate. */
    public Path authority() {
        return directory.resolve("ca.crt");
    }

    /** The name and role that this identity has to others. */
    public Peer self() throws IOException {
        return Peer.of((X509Certificate) Trust.certificates(certificate()).getFirst());
    }

    /**
     * TLS that shows this certificate and trusts this authority only, as a client and as a server.
     *
     * @throws IOException if a file is missing or is not what it should be; the message names the file, never its content
     */
    public SSLContext sslContext() throws IOException {
        try {
            KeyStore own = Trust.emptyStore();
            own.setKeyEntry(
                    "own",
                    privateKey(),
                    NO_PASSWORD,
                    Trust.certificates(certificate()).toArray(Certificate[]::new));
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(own, NO_PASSWORD);
            return new Trust(authority()).sslContext(keys.getKeyManagers());
        } catch (GeneralSecurityException e) {
            throw new IOException("the certificate in " + directory + " cannot be used: " + e.getMessage(), e);
        }
    }

    private PrivateKey privateKey() throws IOException {
        Matcher pem = KEY.matcher(Files.readString(key(), StandardCharsets.US_ASCII));
        if (!pem.find()) throw new IOException(key() + " holds no PKCS 8 key in PEM");
        try {
            byte[] der = Base64.getMimeDecoder().decode(pem.group(1));
            return KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(der));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new IOException(key() + " holds no EC key in PKCS 8");
        }
    }
}
