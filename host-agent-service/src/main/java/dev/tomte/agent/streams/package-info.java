/** What away processes write to their standard streams, brought home byte for byte, each once. */
@NullMarked
package dev.tomte.agent.streams;

import org.jspecify.annotations.NullMarked;
