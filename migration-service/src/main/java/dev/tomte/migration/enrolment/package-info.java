/** Certificates of a cluster's nodes, for those whom the cluster itself vouches for. */
@NullMarked
package dev.tomte.migration.enrolment;

import org.jspecify.annotations.NullMarked;
