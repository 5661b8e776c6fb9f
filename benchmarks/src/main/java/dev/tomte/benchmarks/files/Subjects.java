package dev.tomte.benchmarks.files;

import dev.tomte.benchmarks.freeze.Shell;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What the rows work on. */
final class Subjects {
    static final String HOME = "/home/tomte";

    private static final String COMMON = """
            git config --global --add safe.directory '*'
            mkdir sources
            for i in $(seq 1000); do printf 'int f%d(int x) { return x + %d; }\\n' $i $i > sources/f$i.c; done
            tar cf sources.tar sources
            echo 'create table if not exists t(a, b);' > inserts.sql
            for i in $(seq 50); do echo "insert into t values($i, 'some text');" >> inserts.sql; done
            echo 'int main(void) { return 0; }' > empty.c
            """;

    private static final String EACH = """
            mkdir $d
            cd $d
            ../calls write sequential 256 > /dev/null
            ../calls write randomly 256 > /dev/null
            ../calls make stats 2000
            ../calls make opens 2000
            ../calls make many 10000
            cp -r ../sources repository
            cd repository
            git init -q; git add .; git -c user.name=b -c user.email=b commit -qm one
            git checkout -qb other; for f in f?0*.c; do echo '// more' >> $f; done
            git -c user.name=b -c user.email=b commit -qam two; git checkout -q -
            cd ..
            mkdir project
            for i in $(seq 30); do
                printf '#include <stdio.h>\\n#include <stdlib.h>\\n#include <string.h>\\n' > project/p$i.c
                cat ../sources/f$i.c ../sources/f$((i+100)).c >> project/p$i.c
            done
            echo 'int main(void) { return 0; }' > project/main.c
            printf 'all: program\\nprogram: $(patsubst %%.c,%%.o,$(wildcard *.c))\\n\\tgcc -o $@ $^\\n' > project/Makefile
            printf 'clean:\\n\\trm -f *.o program\\n' >> project/Makefile
            """;

    private Subjects() {}

    /** What all worlds share. */
    static void make(HomePod home) throws IOException, InterruptedException {
        Path source = home.path(HOME + "/calls.c");
        try (InputStream in = Subjects.class.getResourceAsStream("calls.c")) {
            if (in == null) throw new IOException("calls.c is not in the jar");
            Files.write(source, in.readAllBytes());
        }
        List<String> compile = new ArrayList<>(home.enter());
        compile.addAll(List.of("gcc", "-O2", "-pthread", "-o", HOME + "/calls", HOME + "/calls.c"));
        Shell.run(compile);
        home.run(HOME, COMMON);
    }

    /** A directory that no world has looked into yet. */
    static void make(HomePod home, String directory) throws IOException, InterruptedException {
        home.run(HOME, "d=" + directory + "\n" + EACH);
    }

    static void remove(HomePod home, String directory) throws IOException, InterruptedException {
        home.run(HOME, "rm -rf " + directory);
    }
}
