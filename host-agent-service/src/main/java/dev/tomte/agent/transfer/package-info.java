/** A checkpoint's images on their way from one host's memory to another's; never on a disk. */
@NullMarked
package dev.tomte.agent.transfer;

import org.jspecify.annotations.NullMarked;
