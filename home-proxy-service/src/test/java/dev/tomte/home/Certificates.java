package dev.tomte.home;

import dev.tomte.contracts.Identity;
import dev.tomte.contracts.Peer;
import java.io.IOException;
import java.io.StringWriter;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.util.io.pem.PemObject;
import org.bouncycastle.util.io.pem.PemWriter;

/** An authority that lives as long as a test. */
public final class Certificates {
    private static final X500Name NAME = new X500Name("CN=authority of a test");

    private final Path directory;
    private final ContentSigner signer;
    private final String authority;
    private int issued = 1;

    public Certificates(Path directory) throws IOException, GeneralSecurityException, OperatorCreationException {
        this.directory = directory;
        KeyPair pair = newPair();
        signer = new JcaContentSignerBuilder("SHA256withECDSA").build(pair.getPrivate());
        JcaX509v3CertificateBuilder own = builder(NAME, pair);
        own.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
        authority = pem("CERTIFICATE", own.build(signer).getEncoded());
    }

    public Identity issue(String name, Peer.Role role) throws IOException, GeneralSecurityException {
        KeyPair pair = newPair();
        JcaX509v3CertificateBuilder builder = builder(new X500Name("OU=" + role.word() + ",CN=" + name), pair);
        builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(new GeneralName[] {
            new GeneralName(GeneralName.dNSName, name), new GeneralName(GeneralName.iPAddress, "127.0.0.1")
        }));
        Identity identity = new Identity(Files.createDirectories(directory.resolve(name)));
        Files.writeString(
                identity.certificate(), pem("CERTIFICATE", builder.build(signer).getEncoded()));
        Files.writeString(identity.key(), pem("PRIVATE KEY", pair.getPrivate().getEncoded()));
        Files.writeString(identity.authority(), authority);
        return identity;
    }

    private JcaX509v3CertificateBuilder builder(X500Name subject, KeyPair pair) {
        Instant now = Instant.now();
        return new JcaX509v3CertificateBuilder(
                NAME,
                BigInteger.valueOf(issued++),
                Date.from(now.minus(Duration.ofHours(1))),
                Date.from(now.plus(Duration.ofHours(1))),
                subject,
                pair.getPublic());
    }

    private static KeyPair newPair() throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(256);
        return generator.generateKeyPair();
    }

    private static String pem(String kind, byte[] der) throws IOException {
        StringWriter text = new StringWriter();
        try (PemWriter writer = new PemWriter(text)) {
            writer.writeObject(new PemObject(kind, der));
        }
        return text.toString();
    }
}
