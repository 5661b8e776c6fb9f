package dev.tomte.migration.access;

import io.fabric8.kubernetes.api.model.authentication.TokenReview;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewStatus;
import io.fabric8.kubernetes.api.model.authentication.UserInfo;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReview;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReviewBuilder;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReviewStatus;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks the API server: TokenReview for its own audience, and SubjectAccessReview. */
public final class ClusterAccess implements Cluster, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterAccess.class);

    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final int AT_ONCE = 16;

    private final KubernetesClient cluster;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Semaphore asking = new Semaphore(AT_ONCE);

    public ClusterAccess(KubernetesClient cluster) {
        this.cluster = cluster;
    }

    @Override
    public Optional<Caller.User> user(Token token) {
        TokenReview question = new TokenReviewBuilder()
                .withNewSpec()
                .withToken(token.value())
                .endSpec()
                .build();
        TokenReviewStatus answer =
                answer(() -> cluster.tokenReviews().create(question)).getStatus();
        if (answer == null || !Boolean.TRUE.equals(answer.getAuthenticated())) return Optional.empty();
        UserInfo user = answer.getUser();
        if (user == null || user.getUsername() == null || user.getUsername().isEmpty()) return Optional.empty();
        return Optional.of(new Caller.User(
                user.getUsername(),
                Objects.requireNonNullElse(user.getUid(), ""),
                Objects.requireNonNullElse(user.getGroups(), List.of()),
                Objects.requireNonNullElse(user.getExtra(), Map.of()),
                token));
    }

    @Override
    public boolean permits(Caller.User user, Permission permission) {
        SubjectAccessReview question = new SubjectAccessReviewBuilder()
                .withNewSpec()
                .withUser(user.name())
                .withUid(user.uid())
                .withGroups(user.groups())
                .withExtra(user.extra())
                .withNewResourceAttributes()
                .withVerb(permission.verb())
                .withVersion("v1")
                .withResource(permission.resource())
                .withSubresource(permission.subresource())
                .withNamespace(permission.namespace())
                .withName(permission.name())
                .endResourceAttributes()
                .endSpec()
                .build();
        SubjectAccessReviewStatus answer = answer(
                        () -> cluster.authorization().v1().subjectAccessReview().create(question))
                .getStatus();
        return answer != null && Boolean.TRUE.equals(answer.getAllowed());
    }

    /** The client tries again for longer than a caller waits; and whoever shows bad tokens is not to crowd out others. */
    private <A> A answer(Callable<A> question) {
        Future<A> answer = threads.submit(() -> {
            asking.acquire();
            try {
                return question.call();
            } finally {
                asking.release();
            }
        });
        try {
            return answer.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            // its message may repeat what was asked, which is a secret
            Throwable cause = Objects.requireNonNull(e.getCause());
            Object status = cause instanceof KubernetesClientException refused ? refused.getCode() : cause.getClass();
            LOG.warn("the API server does not review: {}", status);
            throw new Silent();
        } catch (TimeoutException e) {
            LOG.warn("the API server has not reviewed within {}", PATIENCE);
            throw new Silent();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Silent();
        } finally {
            answer.cancel(true);
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
