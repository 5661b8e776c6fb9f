package dev.tomte.agent.peer;

import java.io.IOException;
import java.io.Writer;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** A certificate authority for tests: it lives as long as this object. */
public final class TestAuthority {
    private static final X500Name NAME = new X500Name("CN=test authority");

    private final KeyPair keys = keys();
    private final ContentSigner signer;
    private final X509Certificate certificate;
    private long serial = 1;

    public TestAuthority() {
        try {
            signer = new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate());
            JcaX509v3CertificateBuilder builder = builder(NAME, keys, Duration.ofDays(1));
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
            certificate = new JcaX509CertificateConverter().getCertificate(builder.build(signer));
        } catch (GeneralSecurityException | OperatorCreationException | IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Writes host.crt, host.key and ca.crt for this name and role into the directory. */
    public Certificates issue(Path directory, String name, String role, Duration validFor) {
        try {
            KeyPair own = keys();
            JcaX509v3CertificateBuilder builder = builder(new X500Name("OU=" + role + ",CN=" + name), own, validFor);
            builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(new GeneralName[] {
                new GeneralName(GeneralName.dNSName, name), new GeneralName(GeneralName.iPAddress, "127.0.0.1")
            }));
            Files.createDirectories(directory);
            write(
                    directory.resolve("host.crt"),
                    new JcaX509CertificateConverter().getCertificate(builder.build(signer)));
            write(directory.resolve("host.key"), new JcaPKCS8Generator(own.getPrivate(), null));
            write(directory.resolve("ca.crt"), certificate);
            return new Certificates(directory);
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private JcaX509v3CertificateBuilder builder(X500Name subject, KeyPair of, Duration validFor) {
        Instant now = Instant.now();
        return new JcaX509v3CertificateBuilder(
                NAME,
                BigInteger.valueOf(serial++),
                Date.from(now.minus(Duration.ofDays(2))),
                Date.from(now.plus(validFor)),
                subject,
                of.getPublic());
    }

    private static void write(Path file, Object what) throws IOException {
        try (Writer out = Files.newBufferedWriter(file);
                JcaPEMWriter pem = new JcaPEMWriter(out)) {
            pem.writeObject(what);
        }
    }

    private static KeyPair keys() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
