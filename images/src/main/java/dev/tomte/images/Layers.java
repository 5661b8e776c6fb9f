package dev.tomte.images;

import com.google.cloud.tools.jib.api.buildplan.AbsoluteUnixPath;
import com.google.cloud.tools.jib.api.buildplan.FileEntriesLayer;
import com.google.cloud.tools.jib.api.buildplan.FilePermissions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Layers of files, all of them with Jib's fixed time. */
final class Layers {
    private static final FilePermissions PROGRAM = FilePermissions.fromOctalString("755");

    private Layers() {}

    /** @param programs become executable */
    static FileEntriesLayer programs(String name, String directory, List<Path> programs) {
        FileEntriesLayer.Builder layer = FileEntriesLayer.builder().setName(name);
        for (Path program : programs) layer.addEntry(program, in(directory, program), PROGRAM);
        return layer.build();
    }

    static FileEntriesLayer files(String name, String directory, List<Path> files) {
        FileEntriesLayer.Builder layer = FileEntriesLayer.builder().setName(name);
        for (Path file : files) layer.addEntry(file, in(directory, file));
        return layer.build();
    }

    static FileEntriesLayer tree(String name, String directory, Path tree) throws IOException {
        return FileEntriesLayer.builder()
                .setName(name)
                .addEntryRecursive(
                        tree,
                        AbsoluteUnixPath.get(directory),
                        (file, inImage) -> Files.isDirectory(file) || Files.isExecutable(file)
                                ? PROGRAM
                                : FilePermissions.DEFAULT_FILE_PERMISSIONS)
                .build();
    }

    private static AbsoluteUnixPath in(String directory, Path file) {
        return AbsoluteUnixPath.get(directory).resolve(file.getFileName().toString());
    }
}
