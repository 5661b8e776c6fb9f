package dev.tomte.migration.rest;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.security.Principal;
import java.security.cert.X509Certificate;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.filter.OncePerRequestFilter;
import tools.jackson.databind.json.JsonMapper;

/** Lets those through whose certificate has a role that may use the API; its common name is who asks. */
public final class CallerFilter extends OncePerRequestFilter {
    static final String CERTIFICATES = "jakarta.servlet.request.X509Certificate";
    private static final Set<String> ROLES = Set.of("mig", "host");

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
        Map<String, String> subject = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        try {
            for (Rdn part : new LdapName(chain[0].getSubjectX500Principal().getName()).getRdns())
                subject.put(part.getType(), String.valueOf(part.getValue()));
        } catch (InvalidNameException e) {
            return Optional.empty();
        }
        return ROLES.contains(subject.getOrDefault("OU", ""))
                ? Optional.ofNullable(subject.get("CN")).map(Caller::new)
                : Optional.empty();
    }
}
