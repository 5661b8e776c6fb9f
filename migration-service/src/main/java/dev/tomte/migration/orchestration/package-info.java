/** Decides what happens next in a move, by the one table of states. */
@NullMarked
package dev.tomte.migration.orchestration;

import org.jspecify.annotations.NullMarked;
