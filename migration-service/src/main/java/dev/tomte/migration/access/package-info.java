/** Who asks the API, and what a cluster permits its users to see and do. */
@NullMarked
package dev.tomte.migration.access;

import org.jspecify.annotations.NullMarked;
