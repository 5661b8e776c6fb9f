/** What a replica writes to the topics, and how it reaches the broker. */
@NullMarked
package dev.tomte.migration.journal;

import org.jspecify.annotations.NullMarked;
