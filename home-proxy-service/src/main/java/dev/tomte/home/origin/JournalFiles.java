package dev.tomte.home.origin;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** Where the sessions' journals are: STATE/process/incarnation/holder-mount. */
record JournalFiles(Path state) {
    private static final Pattern HOST = Pattern.compile("[A-Za-z0-9][A-Za-z0-9.-]{0,252}");
    private static final int MOUNT_CHARS = 16;

    /** A session's; its directory exists then. */
    Path of(Session.Key key) throws IOException {
        if (!HOST.matcher(key.holder()).matches()) throw new IOException("not a host's name");
        Path directory = state.resolve(key.process()).resolve(key.incarnation());
        Files.createDirectories(directory);
        return directory.resolve(key.holder() + "-" + key.mount());
    }

    /** The sessions of which there are journals. */
    List<Session.Key> left(String process, String incarnation) throws IOException {
        List<Session.Key> keys = new ArrayList<>();
        try (DirectoryStream<Path> files =
                Files.newDirectoryStream(state.resolve(process).resolve(incarnation))) {
            for (Path file : files) {
                String name = file.getFileName().toString();
                int dash = name.length() - MOUNT_CHARS - 1;
                if (dash > 0 && name.charAt(dash) == '-')
                    keys.add(new Session.Key(process, incarnation, name.substring(0, dash), name.substring(dash + 1)));
            }
        } catch (NoSuchFileException e) {
            return keys;
        }
        return keys;
    }

    /** Removes the directories of a process that has ended, as far as they are empty. */
    void remove(String process, String incarnation) throws IOException {
        Path directory = state.resolve(process).resolve(incarnation);
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path file : files) Files.delete(file);
        } catch (NoSuchFileException e) {
            return;
        }
        Files.delete(directory);
        try (DirectoryStream<Path> others = Files.newDirectoryStream(directory.getParent())) {
            if (others.iterator().hasNext()) return;
        }
        Files.delete(directory.getParent());
    }
}
