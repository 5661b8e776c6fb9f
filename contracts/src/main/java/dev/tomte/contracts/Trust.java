package dev.tomte.contracts;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Whom one trusts who has no certificate to show: an authority, as a PEM file that is read anew with every call. */
public record Trust(Path authority) {
    /**
     * TLS that trusts this authority only, and shows no certificate.
     *
     * @throws IOException if the file is missing or is not what it should be; the message names it
     */
    public SSLContext sslContext() throws IOException {
        try {
            return sslContext(new KeyManager[0]);
        } catch (GeneralSecurityException e) {
            throw new IOException("the authority in " + authority + " cannot be used: " + e.getMessage(), e);
        }
    }

    /** @param keys for what is shown */
    SSLContext sslContext(KeyManager[] keys) throws GeneralSecurityException, IOException {
        KeyStore trusted = emptyStore();
        for (Certificate each : certificates(authority))
            trusted.setCertificateEntry("authority-" + trusted.size(), each);
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLSv1.3");
        context.init(keys, trust.getTrustManagers(), null);
        return context;
    }

    static KeyStore emptyStore() throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    static List<Certificate> certificates(Path file) throws IOException {
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
