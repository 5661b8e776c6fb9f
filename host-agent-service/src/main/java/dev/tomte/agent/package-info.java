/** One host: its agent and its home proxy, in one JVM. */
@NullMarked
package dev.tomte.agent;

import org.jspecify.annotations.NullMarked;
