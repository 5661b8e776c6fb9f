package dev.tomte.agent.peer;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Set;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * Who calls, as its certificate proves.
 *
 * @param name the subject's CN: a host's name, for a host
 * @param role the subject's OU
 */
record Caller(String name, String role) {
    private static final Context.Key<Caller> KEY = Context.key("caller");

    /** The caller of the call that this thread answers; to be asked before the thread is left. */
    static Caller current() {
        return KEY.get();
    }

    /** @throws SSLPeerUnverifiedException if the session's certificate does not say who it is, once and clearly */
    static Caller of(@Nullable SSLSession session) throws SSLPeerUnverifiedException {
        if (session == null) throw new SSLPeerUnverifiedException("the connection is not TLS");
        Certificate[] chain = session.getPeerCertificates();
        if (chain.length == 0 || !(chain[0] instanceof X509Certificate certificate))
            throw new SSLPeerUnverifiedException("no X.509 certificate");
        try {
            LdapName subject =
                    new LdapName(certificate.getSubjectX500Principal().getName());
            return new Caller(only(subject, "CN"), only(subject, "OU"));
        } catch (InvalidNameException e) {
            throw new SSLPeerUnverifiedException("the certificate's subject cannot be read");
        }
    }

    private static String only(LdapName subject, String type) throws SSLPeerUnverifiedException {
        List<Rdn> found = subject.getRdns().stream()
                .filter(rdn -> rdn.getType().equalsIgnoreCase(type))
                .toList();
        if (found.size() != 1 || !(found.getFirst().getValue() instanceof String value))
            throw new SSLPeerUnverifiedException("the certificate's subject has no single " + type);
        return value;
    }

    /** Lets a call through only to the role it is for. */
    static final class Check implements ServerInterceptor {
        /** What is asked for those who ask the migration-service. */
        private static final Set<String> FOR_CLIENTS = Set.of("Logs", "Feed");

        @Override
        public <Q, A> ServerCall.Listener<Q> interceptCall(
                ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
            try {
                Caller caller = Caller.of(call.getAttributes().get(Grpc.TRANSPORT_ATTR_SSL_SESSION));
                String method = call.getMethodDescriptor().getBareMethodName();
                String role = FOR_CLIENTS.contains(method) ? "migration" : "host";
                if (!caller.role().equals(role))
                    throw new SSLPeerUnverifiedException(method + " is not for the role " + caller.role());
                return Contexts.interceptCall(Context.current().withValue(KEY, caller), call, headers, next);
            } catch (SSLPeerUnverifiedException e) {
                call.close(Status.PERMISSION_DENIED.withDescription(e.getMessage()), new Metadata());
                return new ServerCall.Listener<>() {};
            }
        }
    }
}
