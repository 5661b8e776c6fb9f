/** The detector of one host: it watches what the owner does and says whether the host may take guests. */
@NullMarked
package dev.tomte.idle;

import org.jspecify.annotations.NullMarked;
