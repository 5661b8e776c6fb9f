package dev.tomte.home.mount;

import dev.tomte.linux.Errno;
import dev.tomte.linux.Fd;
import dev.tomte.linux.FileCalls;
import dev.tomte.linux.OpenAt;
import dev.tomte.linux.Syscall;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/** The files of a mount that processes have mapped shared: what they dirtied there is only in the guest's memory. */
final class SharedMappings {
    private SharedMappings() {}

    /**
     * Writes them out.
     *
     * @param minor the mount's device number, whose major is 0
     * @return how many files
     */
    static int writeOut(Collection<Integer> pids, int minor) throws IOException {
        Map<Long, String> files = new HashMap<>();
        String device = String.format("00:%02x", minor);
        for (int pid : pids) find(pid, device, files);
        for (String mapping : files.values()) {
            try (Fd file = open(mapping)) {
                Syscall.check("fsync of a mapped file", FileCalls.fsync(file.value()));
            } catch (Errno e) {
                // unmapped meanwhile: only before the freeze, and then the files are asked for again in it
                if (e.code() != Errno.ENOENT && e.code() != Errno.ESRCH) throw e;
            }
        }
        return files.size();
    }

    private static void find(int pid, String device, Map<Long, String> files) throws IOException {
        Path process = Path.of("/proc/" + pid);
        try {
            for (String line : Files.readAllLines(process.resolve("maps"), StandardCharsets.ISO_8859_1)) {
                String[] fields = line.split(" +", 6);
                if (fields[1].charAt(3) == 's' && fields[3].equals(device))
                    files.putIfAbsent(Long.parseUnsignedLong(fields[4]), process + "/map_files/" + plain(fields[0]));
            }
        } catch (IOException e) {
            // it has ended, before its file was opened or before it was read: the kernel answers ENOENT or ESRCH;
            // what it dirtied the kernel wrote out when it closed the file
            if (Files.exists(process)) throw e;
        }
    }

    /** map_files has no leading zeros, maps pads to eight digits. */
    private static String plain(String range) {
        String[] ends = range.split("-", 2);
        return Long.toHexString(Long.parseUnsignedLong(ends[0], 16)) + "-"
                + Long.toHexString(Long.parseUnsignedLong(ends[1], 16));
    }

    private static Fd open(String mapping) throws Errno {
        try {
            return OpenAt.open(mapping, OpenAt.O_RDONLY);
        } catch (Errno e) {
            if (e.code() != Errno.EACCES) throw e;
            return OpenAt.open(mapping, OpenAt.O_WRONLY);
        }
    }
}
