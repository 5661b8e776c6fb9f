package dev.tomte.agent.criu;

import dev.tomte.agent.pod.Pod;
import dev.tomte.linux.Fd;
import org.jspecify.annotations.Nullable;

/**
 * Where a tree is: a pod, and the mount namespace nested in it, if the tree's files are elsewhere.
 *
 * @param mounts null: the pod's own
 */
public record Place(Pod pod, @Nullable Fd mounts) {}
