/** What away processes write to their standard streams, brought home, and what they read, brought to them: each byte once. */
@NullMarked
package dev.tomte.agent.streams;

import org.jspecify.annotations.NullMarked;
