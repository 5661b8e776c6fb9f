package dev.tomte.agent.kubernetes;

import dev.tomte.linux.ProcFs;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** The command that an ordinary pod's stub is to start: what the pod would have run without it. */
final class StubCommand {
    /** After it comes the pod's own command. */
    private static final String OWN = "--";
    /** After it come the pod's arguments, for the command of its image. */
    private static final String IMAGE = "--image";

    /** SOCKET's place is the third. */
    private static final int KIND = 3;

    private StubCommand() {}

    /** What the image of the container says of itself. */
    @FunctionalInterface
    interface ImageSays {
        ImageStart start() throws IOException;
    }

    /**
     * What a container of an image runs if its pod says nothing (OCI image configuration).
     *
     * @param command stands in for arguments where the pod has none
     */
    record ImageStart(List<String> entrypoint, List<String> command) {}

    /** @throws IOException if it is no such stub, or there is no command */
    static List<String> of(ProcFs stub, ImageSays image) throws IOException {
        List<String> all = List.of(stub.read("cmdline")
                .orElseThrow(() -> new IOException("the pod has ended"))
                .split("\0", -1));
        // the last one is empty: each ends with a NUL
        return of(all.subList(0, all.size() - 1), image);
    }

    static List<String> of(List<String> stub, ImageSays image) throws IOException {
        if (stub.size() <= KIND) throw new IOException("its first process is not the stub of an ordinary pod");
        List<String> rest = stub.subList(KIND + 1, stub.size());
        List<String> command = switch (stub.get(KIND)) {
            case OWN -> rest;
            case IMAGE -> ofImage(image.start(), rest);
            default -> List.of();
        };
        if (command.isEmpty()) throw new IOException("neither its pod nor its image says what it runs");
        return command;
    }

    private static List<String> ofImage(ImageStart image, List<String> arguments) {
        List<String> command = new ArrayList<>(image.entrypoint());
        command.addAll(arguments.isEmpty() ? image.command() : arguments);
        return command;
    }
}
