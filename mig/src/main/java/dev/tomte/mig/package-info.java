/** The command line: it asks the REST API, and says what came back to a person or a script. */
@NullMarked
package dev.tomte.mig;

import org.jspecify.annotations.NullMarked;
