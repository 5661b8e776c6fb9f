package dev.tomte.bus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.contracts.Identity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConnectionTest {
    private static final Identity OWN = new Identity(Path.of("/certificates"));

    private static Connection of(String... properties) {
        Map<String, String> all = new HashMap<>();
        for (String property : properties) {
            String[] parts = property.split("=", 2);
            all.put("tomte.kafka." + parts[0], parts[1]);
        }
        return Connection.of(all::get, OWN);
    }

    private static String refused(String... properties) {
        return String.valueOf(assertThrows(IllegalArgumentException.class, () -> of(properties))
                .getMessage());
    }

    @Test
    void withoutMoreItIsOurOwnBroker() {
        assertEquals(Connection.own("broker:9093", OWN), of("servers=broker:9093"));
        assertEquals("SSL", of("servers=broker:9093").settings().get("security.protocol"));
        assertEquals("TLSv1.3", of("servers=broker:9093").settings().get("ssl.enabled.protocols"));
    }

    @Test
    void anExistingKafkaIsAsItIsSaid() {
        Connection connection = of(
                "servers=a.example:9094,[fd00::1]:9094",
                "security=tls",
                "tls.authority=/ca.crt",
                "tls.certificate=/tls.crt",
                "tls.key=/tls.key",
                "sasl.mechanism=SCRAM-SHA-256",
                "sasl.credentials=/credentials",
                "prefix=lab.",
                "replication=3");
        assertEquals(
                Tls.of(
                        Optional.of(Path.of("/ca.crt")),
                        Optional.of(new Tls.Shown(Path.of("/tls.crt"), Path.of("/tls.key")))),
                connection.tls());
        assertEquals(3, connection.replication());
        assertEquals("lab.tomte.commands", connection.prefix().of("tomte.commands"));
        assertEquals("tomte.commands", connection.prefix().without("lab.tomte.commands"));
        assertEquals("SASL_SSL", connection.settings().get("security.protocol"));
        assertEquals("SCRAM-SHA-256", connection.settings().get("sasl.mechanism"));
    }

    @ParameterizedTest
    @CsvSource({"own, , SSL", "own, SCRAM-SHA-512, SASL_SSL", "tls, , SSL", "tls, PLAIN, SASL_SSL"})
    void thereIsAlwaysTls(String security, String mechanism, String protocol) {
        Connection connection = mechanism == null
                ? of("servers=a:1", "security=" + security)
                : of("servers=a:1", "security=" + security, "sasl.mechanism=" + mechanism, "sasl.credentials=/c");
        assertEquals(protocol, connection.settings().get("security.protocol"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "broker", "broker:", ":9092", "a:1,", "a:1, b:2", "https://a:1", "a:1:2", "::1:9092"})
    void serversAreHostsWithPorts(String servers) {
        assertTrue(refused("servers=" + servers).startsWith("tomte.kafka.servers is "), servers);
    }

    @Test
    void whatContradictsItselfIsRefusedByName() {
        assertTrue(refused("servers=a:1", "security=tsl").contains("tomte.kafka.security is 'tsl'"));
        assertTrue(refused("servers=a:1", "tls.authority=/ca.crt").contains("tomte.kafka.security=tls"));
        assertTrue(refused("servers=a:1", "security=none").contains("it must be own or tls"));
        assertTrue(refused("servers=a:1", "security=tls", "tls.key=/k").contains("go together"));
        assertTrue(refused("servers=a:1", "sasl.mechanism=PLAIN").contains("go together"));
        assertTrue(refused("servers=a:1", "sasl.credentials=/c").contains("go together"));
        assertTrue(refused("servers=a:1", "sasl.mechanism=GSSAPI", "sasl.credentials=/c")
                .contains("PLAIN, SCRAM-SHA-256, SCRAM-SHA-512"));
        assertTrue(refused("servers=a:1", "prefix=a b").contains("'a b'"));
        assertTrue(refused("servers=a:1", "replication=0").contains("less than one"));
        assertTrue(refused("servers=a:1", "replication=many").contains("'many'"));
    }

    @Test
    void secretsAreReadAsTheyAreMountedAndShownToNobody(@TempDir Path directory) throws IOException {
        Files.writeString(directory.resolve("username"), "tomte\n");
        Files.writeString(directory.resolve("password"), " it ends with a blank \r\n");
        Connection connection =
                of("servers=a:1", "security=tls", "sasl.mechanism=PLAIN", "sasl.credentials=" + directory);
        Sasl sasl = connection.sasl().orElseThrow();
        assertEquals("tomte", sasl.username());
        assertEquals(" it ends with a blank ", new String(sasl.password()));
        assertEquals("the user 'tomte'", connection.user());
        assertFalse((connection + " " + connection.settings()).contains("blank"));
        Files.write(directory.resolve("password"), new byte[] {'b', 'l', 'a', (byte) 0xff});
        String why = assertThrows(IOException.class, sasl::password).getMessage();
        assertEquals(directory.resolve("password") + " cannot be read: MalformedInputException", why);
    }

    @Test
    void aNameIsOursOnlyUnderOurPrefix() {
        assertThrows(IllegalArgumentException.class, () -> new Prefix("lab.").without("tomte.commands"));
    }
}
