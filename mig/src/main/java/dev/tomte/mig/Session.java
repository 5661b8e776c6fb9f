package dev.tomte.mig;

import dev.tomte.contracts.Json;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that every command has, and what follows from them. */
final class Session {
    enum Format {
        text,
        wide,
        json
    }

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            defaultValue = "text",
            description = "text, wide or json (default: ${DEFAULT-VALUE}).")
    private Format format = Format.text;

    @Option(
            names = "--connection",
            paramLabel = "FILE",
            description = "Properties with endpoints, and certificates, or authority and token"
                    + " (default: the fleet's client.properties).")
    private @Nullable Path file;

    Api api() {
        return new Api(Connection.read(file == null ? Connection.defaultFile() : file));
    }

    boolean isJson() {
        return format == Format.json;
    }

    boolean isWide() {
        return format == Format.wide;
    }

    void printJson(Object value) {
        System.out.println(Json.mapper().writerWithDefaultPrettyPrinter().writeValueAsString(value));
    }

    /** One value a line, for streams. */
    void printLine(Object value) {
        System.out.println(Json.write(value));
    }
}
