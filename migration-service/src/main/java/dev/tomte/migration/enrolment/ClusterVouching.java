package dev.tomte.migration.enrolment;

import io.fabric8.kubernetes.api.model.authentication.TokenReview;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewBuilder;
import io.fabric8.kubernetes.api.model.authentication.UserInfo;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.List;
import java.util.Optional;

/** Asks the cluster (TokenReview of authentication.k8s.io/v1). A token says on which node its pod runs since 1.32. */
public final class ClusterVouching implements Vouching {
    private static final String AUDIENCE = "tomte";
    private static final String NODE = "authentication.kubernetes.io/node-name";

    private final KubernetesClient cluster;
    private final String account;

    /** @param account {@code system:serviceaccount:NAMESPACE:NAME} of the agents */
    public ClusterVouching(KubernetesClient cluster, String account) {
        this.cluster = cluster;
        this.account = account;
    }

    @Override
    public Optional<String> node(String token) {
        TokenReview answer = cluster.tokenReviews()
                .create(new TokenReviewBuilder()
                        .withNewSpec()
                        .withToken(token)
                        .withAudiences(AUDIENCE)
                        .endSpec()
                        .build());
        if (!Boolean.TRUE.equals(answer.getStatus().getAuthenticated())) return Optional.empty();
        UserInfo user = answer.getStatus().getUser();
        if (!account.equals(user.getUsername()) || user.getExtra() == null) return Optional.empty();
        return user.getExtra().getOrDefault(NODE, List.of()).stream().findFirst();
    }
}
