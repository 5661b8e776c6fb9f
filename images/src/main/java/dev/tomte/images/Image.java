package dev.tomte.images;

import com.google.cloud.tools.jib.api.buildplan.FileEntriesLayer;
import com.google.cloud.tools.jib.api.buildplan.FileEntry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What an image is to be.
 *
 * @param name with its tag
 * @param base the archive below it; null: nothing is
 * @param layers from what changes least to what changes most
 * @param entrypoint in exec form; empty: the pod says
 * @param user the number of the user; empty: root
 */
record Image(
        String name,
        @Nullable Path base,
        List<FileEntriesLayer> layers,
        List<String> entrypoint,
        Map<String, String> environment,
        String user) {
    Image {
        layers = List.copyOf(layers);
        entrypoint = List.copyOf(entrypoint);
        environment = Map.copyOf(environment);
    }

    /** Of {@code node} in {@code localhost/tomte/node:1}. */
    String shortName() {
        return name.substring(name.lastIndexOf('/') + 1, name.lastIndexOf(':'));
    }

    /** Its tag with what it holds: no other image ever has it. */
    String contentTag(String digest) {
        return name.substring(name.lastIndexOf(':') + 1) + "-" + digest.substring(0, 12);
    }

    /** The same for the same image, and for no other. Reads all that it holds. */
    String digest() throws IOException {
        Digest digest = new Digest()
                .add(name)
                .add(entrypoint.toString())
                .add(new TreeMap<>(environment).toString())
                .add(user);
        if (base != null) digest.add(base);
        for (FileEntriesLayer layer : layers) {
            digest.add(layer.getName());
            for (FileEntry entry : layer.getEntries()) {
                digest.add(entry.getExtractionPath().toString())
                        .add(entry.getPermissions().toOctalString());
                if (Files.isRegularFile(entry.getSourceFile())) digest.add(entry.getSourceFile());
            }
        }
        return digest.hex();
    }
}
