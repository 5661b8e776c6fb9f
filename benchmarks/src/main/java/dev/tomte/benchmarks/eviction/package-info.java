/** How soon an owner who comes back has the host alone. */
@NullMarked
package dev.tomte.benchmarks.eviction;

import org.jspecify.annotations.NullMarked;
