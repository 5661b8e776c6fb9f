/** Reads a process's log at its home. */
@NullMarked
package dev.tomte.migration.logs;

import org.jspecify.annotations.NullMarked;
