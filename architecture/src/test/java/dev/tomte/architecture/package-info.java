/** Which module and package may know which. */
@NullMarked
package dev.tomte.architecture;

import org.jspecify.annotations.NullMarked;
