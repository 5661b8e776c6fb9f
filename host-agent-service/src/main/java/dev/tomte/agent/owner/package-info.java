/** The host's owner: the detector beside the agent, and what the owner wishes. */
@NullMarked
package dev.tomte.agent.owner;

import org.jspecify.annotations.NullMarked;
