/** The client by which agents speak to the stub, PID 1 of home and guest pods (the protocol: stub/PROTOCOL.md). */
@NullMarked
package dev.tomte.stub;

import org.jspecify.annotations.NullMarked;
