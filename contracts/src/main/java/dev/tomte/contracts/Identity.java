package dev.tomte.contracts;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

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
        return Peer.of((X509Certificate) certificates(certificate()).getFirst());
    }

    /**
     * TLS that shows this certificate and trusts this authority only, as a client and as a server.
     *
     * @throws IOException if a file is missing or is not what it should be; the message names the file, never its content
     */
    public SSLContext sslContext() throws IOException {
        try {
            KeyStore own = emptyStore();
            own.setKeyEntry(
                    "own",
                    privateKey(),
                    NO_PASSWORD,
                    certificates(certificate()).toArray(Certificate[]::new));
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(own, NO_PASSWORD);

            KeyStore trusted = emptyStore();
            for (Certificate authority : certificates(authority()))
                trusted.setCertificateEntry("authority-" + trusted.size(), authority);
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(trusted);

            SSLContext context = SSLContext.getInstance("TLSv1.3");
            context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IOException("the certificate in " + directory + " cannot be used: " + e.getMessage(), e);
        }
    }

    private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
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

    private static List<Certificate> certificates(Path file) throws IOException {
        try {
            List<Certificate> all = List.copyOf(CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(Files.readAllBytes(file))));
            if (all.isEmpty()) throw new IOException(file + " holds no certificate");
            return all;
        } catch (CertificateException e) {
            throw new IOException(file + " holds no X.509 certificate in PEM: " + e.getMessage(), e);
        }
    }
}
