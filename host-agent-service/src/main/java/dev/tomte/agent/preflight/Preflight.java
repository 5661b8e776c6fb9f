package dev.tomte.agent.preflight;

import dev.tomte.linux.Cgroup;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What this host has of what moves need; looked at when its agent starts. */
public record Preflight(List<Finding> findings) {
    private static final Pattern VERSION = Pattern.compile("(\\d+)\\.(\\d+).*", Pattern.DOTALL);
    /**
     * Linux 6.9: FUSE_HAS_RESEND of FUSE's protocol 7.40 (include/uapi/linux/fuse.h), without which a home is not mounted, for
     * a home proxy that starts again could not be told what the one before had not answered.
     */
    private static final int KERNEL_MAJOR = 6;

    private static final int KERNEL_MINOR = 9;
    private static final int CRIU_SECONDS = 10;

    public Preflight {
        findings = List.copyOf(findings);
    }

    public enum Verdict {
        RUN("run"),
        NOT_RUN("not run"),
        IMPOSSIBLE("impossible");

        private final String word;

        Verdict(String word) {
            this.word = word;
        }
    }

    /** @param why what was seen, or what is missing and what to do */
    public record Finding(String what, Verdict verdict, String why) {
        @Override
        public String toString() {
            return "%s: %s (%s)".formatted(what, verdict.word, why);
        }
    }

    /** @param tools where criu is */
    public static Preflight look(Path tools) throws IOException {
        return new Preflight(List.of(
                kernel(Files.readString(Path.of("/proc/sys/kernel/osrelease")).strip()),
                cgroups(),
                fuse(Path.of("/dev/fuse")),
                criu(tools.resolve("criu")),
                new Finding("userfaultfd", Verdict.NOT_RUN, "memory is copied while a process stands still")));
    }

    static Finding kernel(String release) {
        Matcher version = VERSION.matcher(release);
        if (!version.matches()) return new Finding("kernel", Verdict.NOT_RUN, release + " has no number");
        int major = Integer.parseInt(version.group(1));
        int minor = Integer.parseInt(version.group(2));
        boolean isNew = major > KERNEL_MAJOR || (major == KERNEL_MAJOR && minor >= KERNEL_MINOR);
        return isNew
                ? new Finding("kernel", Verdict.RUN, release)
                : new Finding(
                        "kernel",
                        Verdict.IMPOSSIBLE,
                        "%s is older than %d.%d".formatted(release, KERNEL_MAJOR, KERNEL_MINOR));
    }

    private static Finding cgroups() {
        try {
            Path mount = Cgroup.mount();
            return Files.exists(mount.resolve("cgroup.controllers"))
                    ? new Finding("cgroups", Verdict.RUN, "the freezer of version 2 at " + mount)
                    : new Finding("cgroups", Verdict.IMPOSSIBLE, mount + " is none of version 2");
        } catch (IOException e) {
            return new Finding("cgroups", Verdict.IMPOSSIBLE, "no version 2 is mounted: " + e.getMessage());
        }
    }

    static Finding fuse(Path device) {
        return Files.isReadable(device) && Files.isWritable(device)
                ? new Finding("fuse", Verdict.RUN, device.toString())
                : new Finding("fuse", Verdict.IMPOSSIBLE, device + " cannot be opened: modprobe fuse");
    }

    static Finding criu(Path program) throws IOException {
        if (!Files.isExecutable(program)) return new Finding("criu", Verdict.IMPOSSIBLE, "no " + program);
        Process process = new ProcessBuilder(program.toString(), "--version")
                .redirectErrorStream(true)
                .start();
        try {
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .findFirst()
                    .orElse("it says nothing");
            boolean hasEnded = process.waitFor(CRIU_SECONDS, TimeUnit.SECONDS);
            return hasEnded && process.exitValue() == 0
                    ? new Finding("criu", Verdict.RUN, said)
                    : new Finding("criu", Verdict.IMPOSSIBLE, said);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            process.destroyForcibly();
        }
    }

    /** Whether nothing that moves need is missing. */
    public boolean isPassed() {
        return findings.stream().noneMatch(finding -> finding.verdict() == Verdict.IMPOSSIBLE);
    }

    @Override
    public String toString() {
        return findings.stream().map(Finding::toString).collect(Collectors.joining("; "));
    }
}
