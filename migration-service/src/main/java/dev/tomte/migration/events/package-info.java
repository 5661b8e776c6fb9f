/** Changes of the fleet as server-sent events. */
@NullMarked
package dev.tomte.migration.events;

import org.jspecify.annotations.NullMarked;
