package dev.tomte.migration.rest;

import dev.tomte.contracts.Peer;
import dev.tomte.migration.access.Access;
import dev.tomte.migration.access.Caller;
import dev.tomte.migration.access.Cluster;
import dev.tomte.migration.access.Token;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.security.Principal;
import java.security.cert.X509Certificate;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.web.filter.OncePerRequestFilter;
import tools.jackson.databind.json.JsonMapper;

/**
 * Lets those through whose certificate has a role that may use the API; its common name is who asks. In a cluster it lets
 * those to the API, and to nothing besides, whose token the cluster takes.
 */
public final class CallerFilter extends OncePerRequestFilter {
    static final String CERTIFICATES = "jakarta.servlet.request.X509Certificate";
    private static final Set<Peer.Role> ROLES = Set.of(Peer.Role.MIG, Peer.Role.HOST);
    private static final String API = "/api/v1/";
    private static final String CHALLENGE = "Bearer realm=\"tomte\"";

    private final JsonMapper json;
    private final Access access;

    public CallerFilter(JsonMapper json, Access access) {
        this.json = json;
        this.access = access;
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        Optional<Peer> peer = peer(request);
        Optional<Caller> certified = peer.filter(CallerFilter::isAdmitted).map(it -> new Caller.Certified(it.name()));
        if (certified.isPresent()) {
            chain.doFilter(asking(request, certified.get()), response);
            return;
        }
        List<String> said = Collections.list(request.getHeaders(HttpHeaders.AUTHORIZATION));
        if (!access.takesTokens() || (said.isEmpty() && peer.isPresent())) {
            refuse(
                    response,
                    HttpStatus.FORBIDDEN,
                    "not-admitted",
                    "Not admitted",
                    "The certificate's role (OU) is none of mig, host. Use a certificate that has one");
            return;
        }
        Optional<Caller.User> user;
        try {
            user = said.size() == 1 ? Token.of(said.getFirst()).flatMap(access::user) : Optional.empty();
        } catch (Cluster.Silent e) {
            write(response, Problem.unknownRights(e).getBody());
            return;
        }
        if (user.isEmpty()) unauthorized(response, !said.isEmpty());
        else if (!request.getRequestURI().startsWith(API))
            refuse(
                    response,
                    HttpStatus.FORBIDDEN,
                    "not-admitted",
                    "Not admitted",
                    "A token leads to %s only; what is besides needs a certificate".formatted(API));
        else chain.doFilter(asking(request, user.get()), response);
    }

    private static HttpServletRequest asking(HttpServletRequest request, Caller caller) {
        return new HttpServletRequestWrapper(request) {
            @Override
            public Principal getUserPrincipal() {
                return caller;
            }
        };
    }

    private static Optional<Peer> peer(HttpServletRequest request) {
        return request.getAttribute(CERTIFICATES) instanceof X509Certificate[] chain && chain.length > 0
                ? Optional.of(Peer.of(chain[0]))
                : Optional.empty();
    }

    private static boolean isAdmitted(Peer peer) {
        return ROLES.contains(peer.role()) && !peer.name().isEmpty();
    }

    private void unauthorized(HttpServletResponse response, boolean isTokenShown) throws IOException {
        response.setHeader(
                HttpHeaders.WWW_AUTHENTICATE, isTokenShown ? CHALLENGE + ", error=\"invalid_token\"" : CHALLENGE);
        refuse(
                response,
                HttpStatus.UNAUTHORIZED,
                "unauthorized",
                "Nobody is known to ask",
                isTokenShown
                        ? "The cluster does not take the token. It may have expired; kubectl create token makes one"
                        : "Show a token of the cluster (Authorization: Bearer), or a certificate of Tomte's");
    }

    private void refuse(HttpServletResponse response, HttpStatus status, String type, String title, String detail)
            throws IOException {
        write(response, Problem.detail(status, type, title, detail));
    }

    private void write(HttpServletResponse response, ProblemDetail problem) throws IOException {
        response.setStatus(problem.getStatus());
        response.setContentType(MediaType.APPLICATION_PROBLEM_JSON_VALUE);
        json.writeValue(response.getOutputStream(), problem);
    }
}
