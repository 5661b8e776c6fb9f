/** A process tree in a pod of this host: frozen, checkpointed, restored, let go. */
@NullMarked
package dev.tomte.agent.tree;

import org.jspecify.annotations.NullMarked;
