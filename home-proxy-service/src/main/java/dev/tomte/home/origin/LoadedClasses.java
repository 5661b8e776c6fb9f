package dev.tomte.home.origin;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.List;
import java.util.stream.Stream;

/** Loads all classes that lie beside some, so that no file is looked for later. */
final class LoadedClasses {
    private static final String SUFFIX = ".class";

    private LoadedClasses() {}

    static void load(Class<?>... anchors) throws IOException {
        for (Class<?> anchor : anchors) load(anchor);
    }

    private static void load(Class<?> anchor) throws IOException {
        CodeSource source = anchor.getProtectionDomain().getCodeSource();
        if (source == null) return;
        try {
            Path place = Path.of(source.getLocation().toURI());
            if (Files.isDirectory(place)) load(anchor, place);
            else {
                try (FileSystem jar = FileSystems.newFileSystem(place)) {
                    load(anchor, jar.getPath("/"));
                }
            }
        } catch (URISyntaxException | IllegalArgumentException | FileSystemNotFoundException e) {
            // a class path that is no files: then no user can be kept from reading it
            return;
        }
    }

    private static void load(Class<?> anchor, Path root) throws IOException {
        List<String> names;
        try (Stream<Path> files =
                Files.list(root.resolve(anchor.getPackageName().replace('.', '/')))) {
            names = files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(SUFFIX) && !name.equals("package-info.class"))
                    .map(name -> name.substring(0, name.length() - SUFFIX.length()))
                    .toList();
        }
        for (String name : names) {
            try {
                Class.forName(anchor.getPackageName() + "." + name, false, anchor.getClassLoader());
            } catch (ClassNotFoundException e) {
                throw new IOException(e);
            }
        }
    }
}
