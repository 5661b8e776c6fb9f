package dev.tomte.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ControllerTest {
    @TempDir
    Path directory;

    @Test
    void aControllerIsFoundInWhicheverHierarchyHasIt() throws Exception {
        Path unified = Files.createDirectory(directory.resolve("unified"));
        Files.writeString(unified.resolve("cgroup.controllers"), "hugetlb memory\n");
        List<String> mounts = List.of(
                "30 20 0:1 / /sys rw - sysfs sysfs rw",
                "31 20 0:2 / /v1/cpuacct rw,relatime shared:1 - cgroup cgroup rw,cpuacct",
                "32 20 0:3 / /v1/cpu rw,relatime - cgroup cgroup rw,cpu",
                "33 20 0:4 / " + unified + " rw,relatime - cgroup2 cgroup2 rw");
        assertEquals(Optional.of(new Controller("cpu", Path.of("/v1/cpu"), false)), Controller.find("cpu", mounts));
        assertEquals(Optional.of(new Controller("memory", unified, true)), Controller.find("memory", mounts));
        assertEquals(Optional.empty(), Controller.find("io", mounts));
        assertEquals(Optional.empty(), Controller.find("cpu", List.of()));
    }

    @Test
    void parentsHandAControllerDown() throws Exception {
        Path deep = Files.createDirectories(directory.resolve("tomte/ws1"));
        for (Path at : List.of(directory, directory.resolve("tomte"), deep))
            Files.createFile(at.resolve("cgroup.subtree_control"));
        new Controller("cpu", directory, true).enable(deep);
        for (Path at : List.of(directory, directory.resolve("tomte"), deep))
            assertEquals("+cpu", Files.readString(at.resolve("cgroup.subtree_control")));
        assertThrows(IllegalStateException.class, () -> new Controller("cpu", directory, false).enable(deep));
    }
}
