/** What goes over the connections between the two sides: the kernel's FUSE messages, and a few of our own. */
@NullMarked
package dev.tomte.home.frames;

import org.jspecify.annotations.NullMarked;
