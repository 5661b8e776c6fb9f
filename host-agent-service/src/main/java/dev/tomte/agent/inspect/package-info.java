/** What a process has that cannot move, found before anything is frozen. */
@NullMarked
package dev.tomte.agent.inspect;

import org.jspecify.annotations.NullMarked;
