/**
 * The detector in a process of its own, with less privilege than the agent's: they speak through a unix socket, at which
 * the agent listens. A connection is one watch. Each way goes one JSON object a line: {@link dev.tomte.idle.beside.Order}
 * to the detector, {@link dev.tomte.idle.beside.Word} to the agent.
 */
@NullMarked
package dev.tomte.idle.beside;

import org.jspecify.annotations.NullMarked;
