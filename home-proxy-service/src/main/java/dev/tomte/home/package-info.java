/** The files of an away process stay those of its home pod: what both sides of the home mount share. */
@NullMarked
package dev.tomte.home;

import org.jspecify.annotations.NullMarked;
