/** The same on a real Kubernetes, through kubectl, helm and mig only. */
@NullMarked
package dev.tomte.acceptance.cluster;

import org.jspecify.annotations.NullMarked;
