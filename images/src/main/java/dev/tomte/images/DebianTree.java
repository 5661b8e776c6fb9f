package dev.tomte.images;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A root file system from Debian's packages, kept as a tar in the cache.
 *
 * @param variant mmdebstrap's: how much comes beside the packages
 * @param hooks shell commands, run when all is installed, with the tree as {@code $1}
 */
record DebianTree(String variant, String suite, List<String> packages, List<String> hooks) {
    /** Nobody reads manuals or installs packages in a container. Licences stay. */
    private static final List<String> SPARE = List.of(
            "path-exclude=/usr/share/man/*",
            "path-exclude=/usr/share/info/*",
            "path-exclude=/usr/share/locale/*",
            "path-exclude=/usr/share/i18n/*",
            "path-exclude=/usr/lib/*/gconv/*",
            "path-exclude=/usr/share/doc/*",
            "path-include=/usr/share/doc/*/copyright");

    private static final List<String> SPARE_HOOKS = List.of(
            "rm -rf \"$1\"/var/lib/apt/lists/* \"$1\"/var/cache/* \"$1\"/var/log/* \"$1\"/etc/machine-id",
            "rm -f \"$1\"/etc/resolv.conf \"$1\"/etc/hostname");

    /** Else Debian 12 brings all of Perl, to merge directories that this makes merged. */
    private static final Path MERGED = Path.of("/usr/share/mmdebstrap/hooks/maybe-merged-usr");

    DebianTree {
        packages = List.copyOf(packages);
        hooks = List.copyOf(hooks);
    }

    /** @param mirror null: mmdebstrap's own */
    Path tar(Path cache, @Nullable String mirror) throws IOException, InterruptedException {
        Path tar = cache.resolve("debian-" + suite + "-"
                + Digest.of(toString(), MERGED.toString(), SPARE.toString(), SPARE_HOOKS.toString())
                        .substring(0, 12) + ".tar");
        if (Files.exists(tar)) return tar;
        Path unfinished = Path.of(tar.toString().replace(".tar", ".new.tar"));
        Program mmdebstrap = new Program("mmdebstrap", "--quiet", "--variant=" + variant)
                // a mirror that stands still serves a testing suite past the date that its Release file promises
                .with("--aptopt=Acquire::Check-Valid-Until \"false\"")
                .with("--include=" + String.join(",", packages));
        if (!variant.equals("extract") && Files.isDirectory(MERGED)) mmdebstrap.with("--hook-dir=" + MERGED);
        for (String option : SPARE) mmdebstrap.with("--dpkgopt=" + option);
        // where packages are only unpacked, nothing later is run
        String last = variant.equals("extract") ? "--extract-hook=" : "--customize-hook=";
        for (String hook : hooks) mmdebstrap.with(last + hook);
        for (String hook : SPARE_HOOKS) mmdebstrap.with(last + hook);
        mmdebstrap.with(suite, unfinished.toString());
        if (mirror != null) mmdebstrap.with(mirror);
        Files.createDirectories(cache);
        mmdebstrap.run();
        Files.move(unfinished, tar);
        return tar;
    }
}
