/**
 * The container images, as archives that {@code ctr images import} and {@code docker load} take. Whatever seldom changes
 * is in a layer of its own and has fixed times, so that a build of ours changes one small layer.
 */
@NullMarked
package dev.tomte.images;

import org.jspecify.annotations.NullMarked;
