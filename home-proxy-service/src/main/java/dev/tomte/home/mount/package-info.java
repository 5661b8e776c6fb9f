/** Guest side: the FUSE mount that leads home. It carries the kernel's requests; it does not understand files. */
@NullMarked
package dev.tomte.home.mount;

import org.jspecify.annotations.NullMarked;
