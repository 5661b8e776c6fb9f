/**
 * The detector in a process of its own, with less privilege than the agent's: they speak through a unix socket, at which
 * the agent listens. A connection is one watch. An {@link dev.tomte.idle.beside.Order} goes to the detector, a {@link
 * dev.tomte.idle.beside.Word} to the agent.
 */
@NullMarked
package dev.tomte.idle.beside;

import org.jspecify.annotations.NullMarked;
