/** What kubectl sees of processes and migrations, and takes as a wish: a view onto the topics, and nothing but a view. */
@NullMarked
package dev.tomte.migration.resource;

import org.jspecify.annotations.NullMarked;
