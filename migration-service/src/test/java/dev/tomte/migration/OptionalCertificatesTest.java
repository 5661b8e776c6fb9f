package dev.tomte.migration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.tomte.authority.Authority;
import dev.tomte.contracts.Identity;
import dev.tomte.contracts.Peer;
import dev.tomte.contracts.Trust;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.cert.X509Certificate;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.tomcat.autoconfigure.servlet.TomcatServletWebServerAutoConfiguration;
import org.springframework.boot.web.server.AbstractConfigurableWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.boot.web.servlet.ServletRegistrationBean;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The API's own connector, with the settings that it has in a fleet and in a cluster. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class OptionalCertificatesTest {
    @TempDir
    private static Path directory;

    private static Identity mig;
    private static Identity foreign;

    @Configuration(proxyBeanMethods = false)
    @ImportAutoConfiguration({SslAutoConfiguration.class, TomcatServletWebServerAutoConfiguration.class})
    static class InAFleet {
        @Bean
        ServletRegistrationBean<HttpServlet> who() {
            return new ServletRegistrationBean<>(
                    new HttpServlet() {
                        private static final long serialVersionUID = 1;

                        @Override
                        protected void doGet(HttpServletRequest request, HttpServletResponse response)
                                throws IOException {
                            Object shown = request.getAttribute("jakarta.servlet.request.X509Certificate");
                            response.getWriter()
                                    .print(
                                            shown instanceof X509Certificate[] chain
                                                    ? Peer.of(chain[0]).name()
                                                    : "nobody");
                        }
                    },
                    "/who");
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class InACluster extends InAFleet {
        @Bean
        WebServerFactoryCustomizer<AbstractConfigurableWebServerFactory> optional() {
            return new ClusterWiring().certificatesAreOptional();
        }
    }

    @BeforeAll
    static void identities() throws IOException {
        Authority authority = Authority.open(directory.resolve("authority"));
        authority.issue(directory, "migration", Peer.Role.MIGRATION);
        mig = authority.issue(directory, "mig", Peer.Role.MIG);
        foreign = Authority.open(directory.resolve("other")).issue(directory, "foreign", Peer.Role.MIG);
    }

    private static ConfigurableApplicationContext server(Class<?> where) {
        return new SpringApplicationBuilder(where)
                .web(WebApplicationType.SERVLET)
                .run("--tomte.port=0", "--tomte.certificates=" + mig.directory().resolveSibling("migration"));
    }

    private static String ask(ConfigurableApplicationContext server, SSLContext as) throws Exception {
        String port = server.getEnvironment().getProperty("local.server.port");
        try (HttpClient http = HttpClient.newBuilder().sslContext(as).build()) {
            return http.send(
                            HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + port + "/who"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body();
        }
    }

    private static SSLContext nobody() throws IOException {
        return new Trust(mig.authority()).sslContext();
    }

    /** Shows a certificate of an authority that is not ours, to a server that it trusts. */
    private static SSLContext foreign() throws IOException {
        Files.copy(mig.authority(), foreign.authority(), StandardCopyOption.REPLACE_EXISTING);
        return foreign.sslContext();
    }

    @Test
    void inAClusterOneNeedNotHaveACertificateButOneThatIsShownMustBeOurs() throws Exception {
        try (ConfigurableApplicationContext server = server(InACluster.class)) {
            assertEquals("nobody", ask(server, nobody()));
            assertEquals("mig", ask(server, mig.sslContext()));
            // one that the server does not name to its client is not even shown
            assertEquals("nobody", ask(server, foreign()));
        }
    }

    @Test
    void inAFleetEverybodyNeedsOne() throws Exception {
        try (ConfigurableApplicationContext server = server(InAFleet.class)) {
            assertThrows(IOException.class, () -> ask(server, nobody()));
            assertEquals("mig", ask(server, mig.sslContext()));
        }
    }
}
