package dev.tomte.images;

import java.util.Locale;

/** A machine's kind, in the words of image manifests. */
final class Architecture {
    private Architecture() {}

    static String ofThisMachine() {
        String name = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
        return switch (name) {
            case "amd64", "x86_64" -> "amd64";
            case "aarch64" -> "arm64";
            default -> name;
        };
    }
}
