package dev.tomte.images;

import com.google.cloud.tools.jib.api.CacheDirectoryCreationException;
import com.google.cloud.tools.jib.api.Containerizer;
import com.google.cloud.tools.jib.api.InvalidImageReferenceException;
import com.google.cloud.tools.jib.api.Jib;
import com.google.cloud.tools.jib.api.JibContainerBuilder;
import com.google.cloud.tools.jib.api.RegistryException;
import com.google.cloud.tools.jib.api.TarImage;
import com.google.cloud.tools.jib.api.buildplan.Platform;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Set;
import java.util.concurrent.ExecutionException;

/**
 * The directory that the images' archives are written to.
 *
 * @param cache of compressed layers
 */
record Archives(Path directory, Path cache, String architecture) {
    Path of(Image image) {
        return directory.resolve(image.shortName() + ".tar");
    }

    /**
     * Under the image's name, and under that of its content.
     *
     * @param wanted the image's digest
     * @return false if it was there already, just so
     */
    boolean write(Image image, String wanted) throws IOException, InterruptedException {
        Path archive = of(image);
        Path digest = directory.resolve("." + image.shortName() + ".digest");
        if (Files.exists(archive)
                && Files.exists(digest)
                && Files.readString(digest).equals(wanted)) return false;
        Files.createDirectories(directory);
        Files.deleteIfExists(digest);
        Path unfinished = directory.resolve(image.shortName() + ".new.tar");
        assemble(image, image.contentTag(wanted), unfinished);
        Files.move(unfinished, archive, StandardCopyOption.REPLACE_EXISTING);
        Files.writeString(digest, wanted);
        return true;
    }

    private void assemble(Image image, String contentTag, Path archive) throws IOException, InterruptedException {
        try {
            JibContainerBuilder builder =
                    image.base() == null ? Jib.fromScratch() : Jib.from(TarImage.at(image.base()));
            builder.setPlatforms(Set.of(new Platform(architecture, "linux")))
                    .setFileEntriesLayers(image.layers())
                    .setEnvironment(image.environment())
                    .setUser(image.user());
            if (!image.entrypoint().isEmpty()) builder.setEntrypoint(image.entrypoint());
            builder.containerize(Containerizer.to(TarImage.at(archive).named(image.name()))
                    .withAdditionalTag(contentTag)
                    .setBaseImageLayersCache(cache.resolve("layers"))
                    .setApplicationLayersCache(cache.resolve("layers"))
                    .setOfflineMode(true)
                    .setToolName("tomte"));
        } catch (InvalidImageReferenceException
                | RegistryException
                | CacheDirectoryCreationException
                | ExecutionException e) {
            throw new ImagesException("the image " + image.name() + " could not be written: " + e.getMessage(), e);
        }
    }
}
