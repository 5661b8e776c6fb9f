package dev.tomte.authority;

import dev.tomte.contracts.Identity;
import dev.tomte.contracts.Peer;
import java.io.IOException;
import java.io.StringWriter;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.util.io.pem.PemObject;
import org.bouncycastle.util.io.pem.PemWriter;

/** The fleet's certificate authority: EC P-256, one certificate for each service, renewed when half of its life is over. */
public final class Authority {
    private static final Duration OWN_LIFE = Duration.ofDays(730);
    private static final Duration LIFE = Duration.ofDays(30);
    /** Clocks of two hosts may differ by this much. */
    private static final Duration SKEW = Duration.ofMinutes(5);

    private final Path directory;
    private final X509Certificate certificate;
    private final PrivateKey key;

    private Authority(Path directory, X509Certificate certificate, PrivateKey key) {
        this.directory = directory;
        this.certificate = certificate;
        this.key = key;
    }

    /** The authority of a directory, made new if there is none or half of its life is over. */
    public static Authority open(Path directory) throws IOException {
        Path crt = directory.resolve("ca.crt");
        Path keyFile = directory.resolve("ca.key");
        if (Files.exists(crt) && Files.exists(keyFile)) {
            X509Certificate certificate = read(crt);
            if (isYoung(certificate)) return new Authority(directory, certificate, readKey(keyFile));
        }
        createDirectory(directory);
        KeyPair pair = newKey();
        X500Name name = new X500Name("CN=tomte fleet authority " + Long.toHexString(new SecureRandom().nextLong()));
        X509v3CertificateBuilder builder = builder(name, name, pair, OWN_LIFE);
        builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
        builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
        X509Certificate certificate = sign(builder, pair.getPrivate());
        write(keyFile, pem("PRIVATE KEY", pair.getPrivate().getEncoded()));
        write(crt, pem("CERTIFICATE", encoded(certificate)));
        return new Authority(directory, certificate, pair.getPrivate());
    }

    /**
     * Sees to it that a service has a young certificate of this authority.
     *
     * @param names DNS names and IP addresses under which others reach it
     * @return whether a new one was made
     */
    public boolean ensure(Identity identity, Peer peer, List<String> names) throws IOException {
        if (isGood(identity, names)) return false;
        issue(identity, peer, names, LIFE);
        return true;
    }

    /** The same for a peer of its own on this machine: {@code DIRECTORY/NAME}, reached by its name or by 127.0.0.1. */
    public Identity issue(Path parent, String name, Peer.Role role) throws IOException {
        Identity identity = new Identity(parent.resolve(name));
        issue(identity, new Peer(name, role), List.of(name, "127.0.0.1"), LIFE);
        return identity;
    }

    /** Makes a certificate that lives that long; a negative life makes one that has expired. */
    public void issue(Identity identity, Peer peer, List<String> names, Duration life) throws IOException {
        createDirectory(identity.directory());
        KeyPair pair = newKey();
        X500Name subject = new X500Name("OU=" + peer.role().word() + ",CN=" + peer.name());
        X509v3CertificateBuilder builder =
                builder(new X500Name(certificate.getSubjectX500Principal().getName()), subject, pair, life);
        builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
        builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
        builder.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(new KeyPurposeId[] {
            KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth
        }));
        builder.addExtension(
                Extension.subjectAlternativeName,
                false,
                new GeneralNames(names.stream().map(Authority::generalName).toArray(GeneralName[]::new)));
        String crt = pem("CERTIFICATE", encoded(sign(builder, key)));
        String keyPem = pem("PRIVATE KEY", pair.getPrivate().getEncoded());
        write(identity.key(), keyPem);
        write(identity.certificate(), crt);
        write(identity.authority(), pem("CERTIFICATE", encoded(certificate)));
        // Kafka takes key and chain from one file only
        write(identity.directory().resolve("host.pem"), keyPem + crt);
    }

    private boolean isGood(Identity identity, List<String> names) throws IOException {
        if (!Files.exists(identity.key())
                || !Files.exists(identity.certificate())
                || !Files.exists(identity.authority())) return false;
        try {
            X509Certificate own = read(identity.certificate());
            own.verify(certificate.getPublicKey());
            return isYoung(own)
                    && own.getSubjectAlternativeNames() != null
                    && own.getSubjectAlternativeNames().stream()
                            .map(entry -> String.valueOf(entry.get(1)))
                            .toList()
                            .equals(names);
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    private static boolean isYoung(X509Certificate certificate) {
        Instant from = certificate.getNotBefore().toInstant();
        Duration life = Duration.between(from, certificate.getNotAfter().toInstant());
        return Instant.now().isBefore(from.plus(life.dividedBy(2)));
    }

    private static GeneralName generalName(String name) {
        boolean address = name.chars().allMatch(c -> c == '.' || Character.isDigit(c));
        return new GeneralName(address ? GeneralName.iPAddress : GeneralName.dNSName, name);
    }

    private static KeyPair newKey() throws IOException {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IOException("no key can be made", e);
        }
    }

    private static X509v3CertificateBuilder builder(X500Name issuer, X500Name subject, KeyPair pair, Duration life) {
        Instant now = Instant.now();
        Instant end = now.plus(life);
        Instant begin = end.isBefore(now) ? end.minus(Duration.ofDays(1)) : now.minus(SKEW);
        return new JcaX509v3CertificateBuilder(
                issuer,
                new BigInteger(127, new SecureRandom()),
                Date.from(begin),
                Date.from(end),
                subject,
                pair.getPublic());
    }

    private static X509Certificate sign(X509v3CertificateBuilder builder, PrivateKey by) throws IOException {
        try {
            X509CertificateHolder holder = builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(by));
            return new JcaX509CertificateConverter().getCertificate(holder);
        } catch (OperatorCreationException | GeneralSecurityException e) {
            throw new CertIOException("a certificate cannot be signed", e);
        }
    }

    private static byte[] encoded(X509Certificate certificate) throws IOException {
        try {
            return certificate.getEncoded();
        } catch (GeneralSecurityException e) {
            throw new IOException(e);
        }
    }

    private static X509Certificate read(Path file) throws IOException {
        try (PEMParser parser = new PEMParser(Files.newBufferedReader(file, StandardCharsets.US_ASCII))) {
            if (parser.readObject() instanceof X509CertificateHolder holder)
                return new JcaX509CertificateConverter().getCertificate(holder);
            throw new IOException(file + " holds no certificate");
        } catch (GeneralSecurityException e) {
            throw new IOException(file + " holds no certificate", e);
        }
    }

    private static PrivateKey readKey(Path file) throws IOException {
        try (PEMParser parser = new PEMParser(Files.newBufferedReader(file, StandardCharsets.US_ASCII))) {
            Object object = parser.readObject();
            if (object instanceof org.bouncycastle.asn1.pkcs.PrivateKeyInfo info)
                return KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(info.getEncoded()));
            throw new IOException(file + " holds no PKCS 8 key");
        } catch (GeneralSecurityException e) {
            throw new IOException(file + " holds no EC key", e);
        }
    }

    private static String pem(String kind, byte[] der) throws IOException {
        StringWriter text = new StringWriter();
        try (PemWriter writer = new PemWriter(text)) {
            writer.writeObject(new PemObject(kind, der));
        }
        return text.toString();
    }

    private static void createDirectory(Path directory) throws IOException {
        Files.createDirectories(directory);
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
    }

    /** Readable by root only, and never seen half written. */
    private static void write(Path file, String content) throws IOException {
        Path draft = file.resolveSibling("." + file.getFileName() + ".new");
        Files.deleteIfExists(draft);
        Files.createFile(draft, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(draft, content, StandardCharsets.US_ASCII);
        Files.move(draft, file, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
    }

    @Override
    public String toString() {
        return "the authority in " + directory;
    }
}
