/** How long a moved process stands still, beside a bare criu dump and restore of the same process. */
@NullMarked
package dev.tomte.benchmarks.freeze;

import org.jspecify.annotations.NullMarked;
