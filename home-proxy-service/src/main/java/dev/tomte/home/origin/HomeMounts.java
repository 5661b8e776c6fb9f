package dev.tomte.home.origin;

import dev.tomte.linux.MountApi;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a guest's namespace must be like for its kernel to know which of home's volumes are read-only or noexec. */
final class HomeMounts {
    /** The guest has its own of these; but for {@value #SHARED_MEMORY}. */
    private static final List<String> LOCAL = List.of("/proc", "/dev", "/sys");

    private static final String SHARED_MEMORY = "/dev/shm";
    private static final int MOUNT_POINT = 4;
    private static final int OPTIONS = 5;

    private HomeMounts() {}

    /** Those of the pod, as {@link #describe} gives them. */
    static byte[] of(HomePod pod) throws IOException {
        return describe(
                Files.readAllLines(Path.of("/proc/" + pod.stubPid() + "/mountinfo"), StandardCharsets.ISO_8859_1));
    }

    /**
     * The mounts that have not what the one above them has, parents first: MOUNT_ATTR_ flags in decimal, a space, the
     * path, and NUL.
     *
     * @param lines of /proc/PID/mountinfo
     */
    static byte[] describe(List<String> lines) {
        Map<String, Long> flags = new LinkedHashMap<>();
        for (String line : lines) {
            String[] fields = line.split(" ", -1);
            String path = unescaped(fields[MOUNT_POINT]);
            // what is mounted over hides what was mounted there and below
            flags.keySet().removeIf(former -> isWithin(former, path));
            flags.put(path, flags(fields[OPTIONS]) | flags(fields[fields.length - 1]));
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        flags.keySet()
                .removeIf(path -> !path.equals(SHARED_MEMORY) && LOCAL.stream().anyMatch(l -> isWithin(path, l)));
        flags.keySet().stream().sorted().forEach(path -> {
            long own = flags.getOrDefault(path, 0L);
            if (own != above(path, flags))
                out.writeBytes((own + " " + path + "\0").getBytes(StandardCharsets.ISO_8859_1));
        });
        return out.toByteArray();
    }

    private static long above(String path, Map<String, Long> flags) {
        for (String parent = path; !parent.equals("/"); ) {
            parent = parent.substring(0, Math.max(1, parent.lastIndexOf('/')));
            Long found = flags.get(parent);
            if (found != null) return found;
        }
        return 0;
    }

    private static boolean isWithin(String path, String directory) {
        return path.equals(directory) || path.startsWith(directory.equals("/") ? "/" : directory + "/");
    }

    private static long flags(String options) {
        List<String> all = List.of(options.split(",", -1));
        return (all.contains("ro") ? MountApi.MOUNT_ATTR_RDONLY : 0)
                | (all.contains("noexec") ? MountApi.MOUNT_ATTR_NOEXEC : 0);
    }

    /** Blanks and their like are three octal digits. */
    private static String unescaped(String path) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < path.length(); i++) {
            boolean escaped = path.charAt(i) == '\\' && i + 3 < path.length();
            text.append(escaped ? (char) Integer.parseInt(path, i + 1, i + 4, 8) : path.charAt(i));
            if (escaped) i += 3;
        }
        return text.toString();
    }
}
