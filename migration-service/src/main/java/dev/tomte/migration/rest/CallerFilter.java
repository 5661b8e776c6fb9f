package dev.tomte.migration.rest;

import dev.tomte.contracts.Peer;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.security.Principal;
import java.security.cert.X509Certificate;
import java.util.Optional;
import java.util.Set;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.filter.OncePerRequestFilter;
import tools.jackson.databind.json.JsonMapper;

/** Lets those through whose certificate has a role that may use the API; its common name is who asks. */
public final class CallerFilter extends OncePerRequestFilter {
    static final String CERTIFICATES = "jakarta.servlet.request.X509Certificate";
    private static final Set<Peer.Role> ROLES = Set.of(Peer.Role.MIG, Peer.Role.HOST);

    private final JsonMapper json;

    public CallerFilter(JsonMapper json) {
        this.json = json;
    }

    private record Caller(String getName) implements Principal {
        @Override
        public String getName() {
            return getName;
        }
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        Optional<Principal> caller = caller(request);
        if (caller.isEmpty()) {
            response.setStatus(HttpStatus.FORBIDDEN.value());
            response.setContentType(MediaType.APPLICATION_PROBLEM_JSON_VALUE);
            json.writeValue(
                    response.getOutputStream(),
                    Problem.detail(
                            HttpStatus.FORBIDDEN,
                            "not-admitted",
                            "Not admitted",
                            "The certificate's role (OU) is none of mig, host. Use a certificate that has one"));
            return;
        }
        chain.doFilter(
                new HttpServletRequestWrapper(request) {
                    @Override
                    public Principal getUserPrincipal() {
                        return caller.get();
                    }
                },
                response);
    }

    private static Optional<Principal> caller(HttpServletRequest request) {
        if (!(request.getAttribute(CERTIFICATES) instanceof X509Certificate[] chain) || chain.length == 0)
            return Optional.empty();
        Peer peer = Peer.of(chain[0]);
        return ROLES.contains(peer.role()) && !peer.name().isEmpty()
                ? Optional.of(new Caller(peer.name()))
                : Optional.empty();
    }
}
