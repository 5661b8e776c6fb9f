/** How soon a command runs on an idle host, beside its start at home. */
@NullMarked
package dev.tomte.benchmarks.exec;

import org.jspecify.annotations.NullMarked;
