package dev.tomte.migration.access;

import dev.tomte.contracts.ProcessStatus;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** What callers may see and do. What the cluster said counts for {@link #LIFE}. Any thread. */
public final class Access {
    /** So long whoever has lost a right, or a token, may still use it. */
    static final Duration LIFE = Duration.ofSeconds(10);

    private static final int MOST_TOKENS = 1000;
    private static final int MOST_PERMISSIONS = 20_000;

    private final @Nullable Cluster cluster;
    private final LongSupplier nanos;
    private final Recent<Token, Caller.User> users;
    private final Recent<Question, Boolean> permissions;

    private record Question(Caller.User user, Permission permission) {}

    private Access(@Nullable Cluster cluster, LongSupplier nanos) {
        this.cluster = cluster;
        this.nanos = nanos;
        this.users = new Recent<>(MOST_TOKENS, LIFE, nanos);
        this.permissions = new Recent<>(MOST_PERMISSIONS, LIFE, nanos);
    }

    /** As in a fleet: certificates only. */
    public static Access byCertificate() {
        return new Access(null, System::nanoTime);
    }

    /** Certificates, and the cluster's users. */
    public static Access by(Cluster cluster) {
        return by(cluster, System::nanoTime);
    }

    static Access by(Cluster cluster, LongSupplier nanos) {
        return new Access(cluster, nanos);
    }

    public boolean takesTokens() {
        return cluster != null;
    }

    /**
     * Whose token it is; empty if nobody's.
     *
     * @throws Cluster.Silent if nobody knows
     */
    public Optional<Caller.User> user(Token token) {
        if (cluster == null) return Optional.empty();
        Optional<Caller.User> known = users.answer(token);
        if (known.isPresent()) return known;
        long asked = nanos.getAsLong();
        Optional<Caller.User> user = cluster.user(token);
        user.ifPresent(it -> users.keep(token, it, asked));
        return user;
    }

    /** Whether who was admitted would be admitted again: for answers that go on. */
    public boolean admits(Caller caller) {
        return switch (caller) {
            case Caller.Certified _ -> true;
            case Caller.User user -> user(user.token()).filter(user::equals).isPresent();
        };
    }

    /** @throws Cluster.Silent if nobody knows */
    public boolean may(Caller caller, Permission permission) {
        return switch (caller) {
            case Caller.Certified _ -> true;
            case Caller.User user -> permits(user, permission);
        };
    }

    /**
     * Whether the caller may know that there is such a process. Most may see all pods of a namespace or none, so that is
     * asked first: a list costs a question for each namespace, not for each process.
     *
     * @throws Cluster.Silent if nobody knows
     */
    public boolean sees(Caller caller, ProcessStatus process) {
        Permission see = Permission.see(process);
        return may(caller, see.everywhere()) || may(caller, see.inNamespace()) || may(caller, see);
    }

    private boolean permits(Caller.User user, Permission permission) {
        if (cluster == null) return false;
        Question question = new Question(user, permission);
        Optional<Boolean> known = permissions.answer(question);
        if (known.isPresent()) return known.get();
        long asked = nanos.getAsLong();
        boolean permits = cluster.permits(user, permission);
        permissions.keep(question, permits, asked);
        return permits;
    }
}
