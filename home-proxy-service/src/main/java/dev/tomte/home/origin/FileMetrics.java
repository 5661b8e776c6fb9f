package dev.tomte.home.origin;

import static java.util.Objects.requireNonNull;

import dev.tomte.home.frames.Fuse;
import dev.tomte.linux.Errno;
import io.prometheus.client.Collector;
import io.prometheus.client.CounterMetricFamily;
import io.prometheus.client.GaugeMetricFamily;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;

/**
 * What is measured of file calls from away. Counting is one addition in a cell of the calling thread's own; it loads no
 * class, for its threads act as users who may not read any. Any thread.
 */
final class FileMetrics extends Collector implements Collector.Describable {
    /** Of this JVM's one origin. */
    static final FileMetrics SERVED = new FileMetrics().register();

    private static final int OPERATIONS = 64;

    private final Map<Result, LongAdder[]> calls = new EnumMap<>(Result.class);
    private final LongAdder read = new LongAdder();
    private final LongAdder written = new LongAdder();
    private final AtomicInteger sessions = new AtomicInteger();

    private enum Result {
        OK,
        MISSING,
        DENIED,
        BUSY,
        STALE,
        UNSUPPORTED,
        FAILED;

        static Result of(int errno) {
            return switch (errno) {
                case 0 -> OK;
                case Errno.ENOENT, Errno.ENODATA -> MISSING;
                case Errno.EPERM, Errno.EACCES, Errno.EROFS -> DENIED;
                case Errno.EAGAIN, Errno.EBUSY -> BUSY;
                case Errno.ESTALE -> STALE;
                case Errno.ENOSYS, Errno.EOPNOTSUPP, Errno.ENOTTY -> UNSUPPORTED;
                default -> FAILED;
            };
        }

        String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private FileMetrics() {
        for (Result result : Result.values())
            calls.put(result, Stream.generate(LongAdder::new).limit(OPERATIONS).toArray(LongAdder[]::new));
    }

    /** @param errno 0, or the positive errno value */
    void answered(int opcode, int errno) {
        // what is no operation at all counts as the last, which is none either
        int known = opcode >= 0 && opcode < OPERATIONS ? opcode : OPERATIONS - 1;
        requireNonNull(calls.get(Result.of(errno)))[known].increment();
    }

    void read(long bytes) {
        read.add(bytes);
    }

    void written(long bytes) {
        written.add(bytes);
    }

    void opened() {
        sessions.incrementAndGet();
    }

    void closed() {
        sessions.decrementAndGet();
    }

    @Override
    public List<MetricFamilySamples> describe() {
        return collect();
    }

    @Override
    public List<MetricFamilySamples> collect() {
        CounterMetricFamily answered = new CounterMetricFamily(
                "tomte_home_calls_total",
                "File calls of processes that are away, which their home has answered.",
                List.of("operation", "result"));
        calls.forEach((result, counts) -> {
            Map<String, Double> byWord = new TreeMap<>();
            for (int opcode = 0; opcode < OPERATIONS; opcode++)
                byWord.merge(word(opcode), (double) counts[opcode].sum(), Double::sum);
            byWord.forEach((word, count) -> {
                if (count > 0) answered.addMetric(List.of(word, result.word()), count);
            });
        });
        return List.of(
                answered,
                new CounterMetricFamily(
                        "tomte_home_read_bytes_total", "Bytes of files that were read from away.", (double) read.sum()),
                new CounterMetricFamily(
                        "tomte_home_written_bytes_total", "Bytes of files that were written from away.", (double)
                                written.sum()),
                new GaugeMetricFamily(
                        "tomte_home_sessions",
                        "Sessions in which files of this home are open to guests.",
                        sessions.get()));
    }

    private static String word(int opcode) {
        return switch (opcode) {
            case Fuse.LOOKUP -> "lookup";
            case Fuse.GETATTR -> "getattr";
            case Fuse.SETATTR -> "setattr";
            case Fuse.READLINK -> "readlink";
            case Fuse.SYMLINK -> "symlink";
            case Fuse.MKNOD -> "mknod";
            case Fuse.MKDIR -> "mkdir";
            case Fuse.UNLINK -> "unlink";
            case Fuse.RMDIR -> "rmdir";
            case Fuse.RENAME, Fuse.RENAME2 -> "rename";
            case Fuse.LINK -> "link";
            case Fuse.OPEN -> "open";
            case Fuse.READ -> "read";
            case Fuse.WRITE -> "write";
            case Fuse.STATFS -> "statfs";
            case Fuse.RELEASE -> "release";
            case Fuse.FSYNC -> "fsync";
            case Fuse.SETXATTR -> "setxattr";
            case Fuse.GETXATTR -> "getxattr";
            case Fuse.LISTXATTR -> "listxattr";
            case Fuse.REMOVEXATTR -> "removexattr";
            case Fuse.FLUSH -> "flush";
            case Fuse.INIT -> "init";
            case Fuse.OPENDIR -> "opendir";
            case Fuse.READDIR -> "readdir";
            case Fuse.READDIRPLUS -> "readdirplus";
            case Fuse.RELEASEDIR -> "releasedir";
            case Fuse.FSYNCDIR -> "fsyncdir";
            case Fuse.GETLK -> "getlk";
            case Fuse.SETLK -> "setlk";
            case Fuse.SETLKW -> "setlkw";
            case Fuse.ACCESS -> "access";
            case Fuse.CREATE -> "create";
            case Fuse.IOCTL -> "ioctl";
            case Fuse.FALLOCATE -> "fallocate";
            case Fuse.LSEEK -> "lseek";
            case Fuse.COPY_FILE_RANGE -> "copy_file_range";
            case Fuse.TMPFILE -> "tmpfile";
            case Fuse.STATX -> "statx";
            default -> "other";
        };
    }
}
