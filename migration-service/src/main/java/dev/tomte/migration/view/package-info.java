/** What a replica knows of the fleet, read from the topics. */
@NullMarked
package dev.tomte.migration.view;

import org.jspecify.annotations.NullMarked;
