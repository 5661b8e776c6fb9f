/** A move in a cluster: how long it stands still, and what it costs the API server and the nodes. */
@NullMarked
package dev.tomte.benchmarks.cluster;

import org.jspecify.annotations.NullMarked;
