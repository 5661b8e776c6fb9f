/** Origin side: the one FUSE server there is. It serves a home pod's files to the guest that the register names. */
@NullMarked
package dev.tomte.home.origin;

import org.jspecify.annotations.NullMarked;
