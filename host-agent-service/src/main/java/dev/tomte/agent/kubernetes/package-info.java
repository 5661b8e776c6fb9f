/** Pods of a Kubernetes cluster: home pods are its users', guest pods are made through its API. */
@NullMarked
package dev.tomte.agent.kubernetes;

import org.jspecify.annotations.NullMarked;
