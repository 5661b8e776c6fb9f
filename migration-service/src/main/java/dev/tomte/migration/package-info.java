/** The migration-service: REST API, orchestration of moves, and their journal. */
@NullMarked
package dev.tomte.migration;

import org.jspecify.annotations.NullMarked;
