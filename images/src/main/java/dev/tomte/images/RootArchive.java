package dev.tomte.images;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** An image archive of one layer that is a whole root file system, links and devices included, which Jib cannot write. */
final class RootArchive {
    private RootArchive() {}

    /**
     * Made once: a tar never changes.
     *
     * @param name the image's, with its tag
     */
    static Path of(Path tar, String name, String architecture) throws IOException, InterruptedException {
        Path archive = Path.of(tar.toString().replace(".tar", ".image.tar"));
        if (Files.exists(archive)) return archive;
        Path directory = Files.createTempDirectory(tar.toAbsolutePath().getParent(), "image");
        Files.writeString(directory.resolve("config.json"), """
                {"architecture":"%s","os":"linux","created":"1970-01-01T00:00:00Z","config":{},\
                "rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}""".formatted(architecture, Digest.of(tar)));
        Files.writeString(directory.resolve("manifest.json"), """
                [{"Config":"config.json","RepoTags":["%s"],"Layers":["layer.tar"]}]""".formatted(name));
        Path layer = Files.createLink(directory.resolve("layer.tar"), tar);
        Path unfinished = directory.resolve("archive.tar");
        new Program("tar", "-C", directory.toString(), "-cf", unfinished.toString())
                .with("--mtime=@1", "--owner=0", "--group=0", "--numeric-owner")
                .with("config.json", "manifest.json", "layer.tar")
                .run();
        Files.move(unfinished, archive);
        Files.delete(layer);
        Files.delete(directory.resolve("config.json"));
        Files.delete(directory.resolve("manifest.json"));
        Files.delete(directory);
        return archive;
    }
}
