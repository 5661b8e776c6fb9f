/** What processes write and read on their standard streams, between their homes and those who ask. */
@NullMarked
package dev.tomte.migration.streams;

import org.jspecify.annotations.NullMarked;
