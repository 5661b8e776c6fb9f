/** What a cluster's API server asks before it lets something in: pods that are to be homes get the stub. */
@NullMarked
package dev.tomte.migration.admission;

import org.jspecify.annotations.NullMarked;
