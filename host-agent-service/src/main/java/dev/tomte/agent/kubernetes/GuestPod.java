package dev.tomte.agent.kubernetes;

import dev.tomte.contracts.PodMarks;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSecurityContext;
import io.fabric8.kubernetes.api.model.PodSecurityContextBuilder;
import io.fabric8.kubernetes.api.model.SecurityContext;
import java.util.Optional;

/**
 * A guest pod as the cluster is told of it. Its files are its home's, so that its own image holds nothing but the stub;
 * its user, its limits and what it may do are its home's too, so that whatever lets the home pod in lets it in.
 */
final class GuestPod {
    static final String CONTAINER = "guest";

    private static final int LONGEST = 63;
    /** Ours: as long as a move may take from its placement to its freeze. Preemption and taints wait no longer. */
    private static final long LEAVING_SECONDS = 60;

    private GuestPod() {}

    /**
     * @param home its home pod
     * @param container the one of it that moves
     * @param id its own, which its name ends with
     * @param uid the user of the process
     * @param memory what it asks for
     */
    static Pod of(
            Pod home,
            io.fabric8.kubernetes.api.model.Container container,
            String id,
            String process,
            String node,
            String stubImage,
            int uid,
            GuestMemory memory) {
        String prefix = home.getMetadata().getName();
        String name = prefix.substring(0, Math.min(prefix.length(), LONGEST - id.length() - 1)) + "-" + id;
        return new PodBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace(home.getMetadata().getNamespace())
                .addToLabels(PodMarks.GUEST, "true")
                .addToLabels(PodMarks.PROCESS, process)
                // a controller, or a drain would ask for --force
                .withOwnerReferences(new OwnerReferenceBuilder()
                        .withApiVersion("v1")
                        .withKind("Pod")
                        .withName(home.getMetadata().getName())
                        .withUid(home.getMetadata().getUid())
                        .withController(true)
                        .build())
                .endMetadata()
                .withNewSpec()
                .withNodeName(node)
                .withRestartPolicy("Never")
                .withTerminationGracePeriodSeconds(LEAVING_SECONDS)
                .withPriorityClassName(Marks.PRIORITY_CLASS)
                .withAutomountServiceAccountToken(false)
                .withEnableServiceLinks(false)
                .withServiceAccountName(home.getSpec().getServiceAccountName())
                .withImagePullSecrets(home.getSpec().getImagePullSecrets())
                .withSecurityContext(security(home.getSpec().getSecurityContext(), container, uid))
                .addNewContainer()
                .withName(CONTAINER)
                .withImage(stubImage)
                .withImagePullPolicy("IfNotPresent")
                .withCommand("/stub", "guest", "@" + Marks.SOCKET)
                .withResources(memory.in(container.getResources()))
                .withNewSecurityContext()
                .withAllowPrivilegeEscalation(false)
                .withReadOnlyRootFilesystem(true)
                .withNewCapabilities()
                .addToDrop("ALL")
                .endCapabilities()
                .endSecurityContext()
                .endContainer()
                .endSpec()
                .build();
    }

    private static PodSecurityContext security(
            PodSecurityContext home, io.fabric8.kubernetes.api.model.Container container, int uid) {
        PodSecurityContextBuilder security = home == null
                ? new PodSecurityContextBuilder()
                : new PodSecurityContextBuilder(home).withFsGroup(null).withSysctls();
        SecurityContext own = container.getSecurityContext();
        Optional.ofNullable(own).map(SecurityContext::getRunAsGroup).ifPresent(security::withRunAsGroup);
        Optional.ofNullable(own).map(SecurityContext::getSeccompProfile).ifPresent(security::withSeccompProfile);
        if (!security.hasSeccompProfile())
            security.withNewSeccompProfile().withType("RuntimeDefault").endSeccompProfile();
        return security.withRunAsUser((long) uid).withRunAsNonRoot(uid != 0).build();
    }
}
