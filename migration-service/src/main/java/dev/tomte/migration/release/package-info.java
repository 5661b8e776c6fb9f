/** What is done once when a release is tried or taken away; run by the chart's hooks. */
@NullMarked
package dev.tomte.migration.release;

import org.jspecify.annotations.NullMarked;
