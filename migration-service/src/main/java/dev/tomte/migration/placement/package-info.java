/**
 * Where processes go by themselves: {@link dev.tomte.migration.placement.Placement} decides, a pure function; {@link
 * dev.tomte.migration.placement.Placer} asks it, and asks for the moves.
 */
@NullMarked
package dev.tomte.migration.placement;

import org.jspecify.annotations.NullMarked;
