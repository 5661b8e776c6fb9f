package dev.tomte.home.frames;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.tomte.authority.Authority;
import dev.tomte.contracts.Identity;
import dev.tomte.contracts.Peer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is kept of an identity's files is what they say now. */
class HostTlsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @TempDir
    private Path directory;

    private Authority authority;
    private final BlockingQueue<String> callers = new LinkedBlockingQueue<>();
    private TlsListener listener;

    @BeforeEach
    void listen() throws IOException {
        authority = Authority.open(directory.resolve("authority"));
        for (String host : new String[] {"ws1", "ws2", "ws3"})
            authority.issue(directory.resolve("tls"), host, Peer.Role.HOST);
        listener = TlsListener.start(
                "test",
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                identity("ws1"),
                10,
                PATIENCE,
                channel -> {
                    callers.add(channel.peer().name());
                    channel.read(ByteBuffer.allocate(1));
                });
    }

    @AfterEach
    void close() {
        listener.close();
    }

    private Identity identity(String host) {
        return new Identity(directory.resolve("tls").resolve(host));
    }

    private TlsChannel connect(String name) throws IOException {
        return TlsChannel.connect(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), listener.port()),
                name,
                identity("ws2"),
                PATIENCE);
    }

    private String calledAs(String name) throws IOException, InterruptedException {
        try (TlsChannel channel = connect(name)) {
            assertEquals(name, channel.peer().name());
            // what a client says last of the handshake goes with the first byte
            channel.write(ByteBuffer.allocate(1));
            return callers.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        }
    }

    /** As a renewal does: each file at once. */
    private static void replace(Path file, Path by) throws IOException {
        Path fresh = file.resolveSibling("fresh");
        Files.copy(by, fresh);
        Files.move(fresh, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }

    @Test
    void everyConnectionShowsBothCertificates() throws Exception {
        for (int i = 0; i < 5; i++) assertEquals("ws2", calledAs("ws1"));
    }

    @Test
    void aRenewedCertificateIsShownFromThenOn() throws Exception {
        assertEquals("ws2", calledAs("ws1"));
        replace(identity("ws2").key(), identity("ws3").key());
        replace(identity("ws2").certificate(), identity("ws3").certificate());
        assertEquals("ws3", calledAs("ws1"), "the caller's");
        replace(identity("ws1").key(), identity("ws3").key());
        replace(identity("ws1").certificate(), identity("ws3").certificate());
        assertEquals("ws3", calledAs("ws3"), "the listener's");
    }

    @Test
    void whoIsTrustedNoMoreIsRefused() throws Exception {
        assertEquals("ws2", calledAs("ws1"));
        Path others = directory.resolve("others");
        Authority.open(others);
        replace(identity("ws2").authority(), others.resolve("ca.crt"));
        assertThrows(IOException.class, () -> connect("ws1").close());
        replace(identity("ws2").authority(), directory.resolve("authority/ca.crt"));
        assertEquals("ws2", calledAs("ws1"), "trusted again");
    }

    @Test
    void aHalfRenewedIdentityIsRefusedUntilItIsWhole() throws Exception {
        assertEquals("ws2", calledAs("ws1"));
        replace(identity("ws2").key(), identity("ws3").key());
        assertThrows(IOException.class, () -> connect("ws1").close());
        replace(identity("ws2").certificate(), identity("ws3").certificate());
        assertEquals("ws3", calledAs("ws1"));
    }
}
