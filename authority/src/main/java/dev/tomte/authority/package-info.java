/** Who vouches for whom: the certificate authority that a fleet makes for itself. */
@NullMarked
package dev.tomte.authority;

import org.jspecify.annotations.NullMarked;
