/** Whether this host has what moves need. */
@NullMarked
package dev.tomte.agent.preflight;

import org.jspecify.annotations.NullMarked;
