/** Placement's own code, through a month of office life and at many hosts. */
@NullMarked
package dev.tomte.benchmarks.placement;

import org.jspecify.annotations.NullMarked;
