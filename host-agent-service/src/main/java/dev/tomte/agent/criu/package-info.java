/** CRIU: all that is known of its options and of its ways stands here. */
@NullMarked
package dev.tomte.agent.criu;

import org.jspecify.annotations.NullMarked;
