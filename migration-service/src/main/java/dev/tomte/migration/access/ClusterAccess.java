package dev.tomte.migration.access;

import io.fabric8.kubernetes.api.model.authentication.TokenReview;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewBuilder;
import io.fabric8.kubernetes.api.model.authentication.UserInfo;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReview;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReviewBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks the API server: TokenReview for its own audience, and SubjectAccessReview. */
public final class ClusterAccess implements Cluster {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterAccess.class);

    private final KubernetesClient cluster;

    public ClusterAccess(KubernetesClient cluster) {
        this.cluster = cluster;
    }

    @Override
    public Optional<Caller.User> user(Token token) {
        TokenReview answer;
        try {
            answer = cluster.tokenReviews()
                    .create(new TokenReviewBuilder()
                            .withNewSpec()
                            .withToken(token.value())
                            .endSpec()
                            .build());
        } catch (KubernetesClientException e) {
            throw silent(e);
        }
        if (answer.getStatus() == null
                || !Boolean.TRUE.equals(answer.getStatus().getAuthenticated())) return Optional.empty();
        UserInfo user = answer.getStatus().getUser();
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
        SubjectAccessReview answer;
        try {
            answer = cluster.authorization()
                    .v1()
                    .subjectAccessReview()
                    .create(new SubjectAccessReviewBuilder()
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
                            .build());
        } catch (KubernetesClientException e) {
            throw silent(e);
        }
        return answer.getStatus() != null
                && Boolean.TRUE.equals(answer.getStatus().getAllowed());
    }

    private static Silent silent(KubernetesClientException e) {
        // its message may repeat what was asked, which is a secret
        LOG.warn("the API server does not review (status {})", e.getCode());
        return new Silent();
    }
}
