/** The Linux kernel through Java's foreign function API: one small class per facility. */
@NullMarked
package dev.tomte.linux;

import org.jspecify.annotations.NullMarked;
