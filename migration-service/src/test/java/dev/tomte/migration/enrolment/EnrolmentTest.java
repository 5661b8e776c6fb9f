package dev.tomte.migration.enrolment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.authority.Authority;
import dev.tomte.contracts.Identity;
import dev.tomte.contracts.IdentityFiles;
import dev.tomte.contracts.Json;
import dev.tomte.contracts.Peer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

class EnrolmentTest {
    @TempDir
    Path directory;

    private Enrolment enrolment(Vouching vouching) throws IOException {
        return new Enrolment(JsonMapper.shared(), Authority.open(directory.resolve("authority")), vouching);
    }

    @Test
    void anAgentGetsTheCertificateOfTheNodeThatTheClusterHasPutItOn() throws IOException {
        byte[] answer = enrolment(token -> token.equals("t") ? Optional.of("n1") : Optional.empty())
                .enrol("t")
                .orElseThrow();
        IdentityFiles files = Json.read(new String(answer, StandardCharsets.UTF_8), IdentityFiles.class);
        Path own = Files.createDirectory(directory.resolve("n1"));
        for (Map.Entry<String, String> file : files.files().entrySet())
            Files.writeString(own.resolve(file.getKey()), file.getValue());
        Identity identity = new Identity(own);
        assertEquals(new Peer("n1", Peer.Role.HOST), identity.self());
        // its key fits, and it trusts the authority
        assertEquals("TLSv1.3", identity.sslContext().getProtocol());
        // the chart's PodMonitor knows all nodes by one name
        assertEquals(Set.of("n1", "tomte-node"), names(identity));
    }

    private static Set<String> names(Identity identity) throws IOException {
        try (InputStream in = Files.newInputStream(identity.certificate())) {
            X509Certificate own =
                    (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
            return own.getSubjectAlternativeNames().stream()
                    .map(name -> (String) name.get(1))
                    .collect(Collectors.toSet());
        } catch (CertificateException e) {
            throw new IOException(e);
        }
    }

    @Test
    void whoHasNoTokenOfAnAgentGetsNothing() throws IOException {
        assertTrue(enrolment(token -> Optional.empty()).enrol("x").isEmpty());
    }

    @Test
    void aNodeWhoseNameIsNoneGetsNothing() throws IOException {
        Enrolment enrolment = enrolment(token -> Optional.of("../n1"));
        assertThrows(IllegalArgumentException.class, () -> enrolment.enrol("t"));
    }

    @Test
    void aFileIsNeverNamedOutsideOfItsDirectory() {
        assertThrows(IllegalArgumentException.class, () -> new IdentityFiles(Map.of("../x", "y")));
    }
}
