/** The processes of one host: those that live here, and the guests of others. */
@NullMarked
package dev.tomte.agent.process;

import org.jspecify.annotations.NullMarked;
