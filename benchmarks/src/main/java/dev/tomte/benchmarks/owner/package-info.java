/** How much an owner's work is slowed down by guests. */
@NullMarked
package dev.tomte.benchmarks.owner;

import org.jspecify.annotations.NullMarked;
