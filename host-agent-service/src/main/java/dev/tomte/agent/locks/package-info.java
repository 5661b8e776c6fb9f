/** The file locks of a tree, which move with the open files that they are on. */
@NullMarked
package dev.tomte.agent.locks;

import org.jspecify.annotations.NullMarked;
