/** Whose processes a host takes in, and whose it lets go. */
@NullMarked
package dev.tomte.idle.share;

import org.jspecify.annotations.NullMarked;
