/** How fast the files of an away process are, beside other ways to the same files in the same run. */
@NullMarked
package dev.tomte.benchmarks.files;

import org.jspecify.annotations.NullMarked;
