/**
 * The protocol of one move: what its source and its target do, in which order, and what they do when something fails.
 * Everything else (time, peers, pods, disks) is behind interfaces, so that a test can try every fault.
 */
@NullMarked
package dev.tomte.agent.move;

import org.jspecify.annotations.NullMarked;
