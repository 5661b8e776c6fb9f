package dev.tomte.home.origin;

import dev.tomte.linux.FileCalls;
import dev.tomte.linux.Stat;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What a guest's agent is told, on one connection, of the extended attributes that its kernel asks for by itself: a
 * file's POSIX access list, when it first checks the rights of who does not own it, and a program's capabilities, which
 * it takes away when somebody writes to it. Nearly no file has either, and of those that home has not named the agent
 * itself says so. A file is named before the answer that says what it looks like. For the connection's thread.
 */
final class RareAttributes {
    /** Names the files that are told of in one notice; more at once, or in all: every file may have some. */
    static final int AT_ONCE = 64;

    private static final int IN_ALL = 1 << 16;
    /** What is told instead of a file's number: ask about every one. */
    private static final long EVERY = 0;

    private static final long ACCESS =
            Arena.global().allocateFrom("system.posix_acl_access").address();
    private static final long CAPABILITY =
            Arena.global().allocateFrom("security.capability").address();

    private final Set<Long> told = new HashSet<>();
    private final List<Long> news = new ArrayList<>();
    private boolean wanted;

    /** The agent at the other end answers for files that it was not told of. */
    void want() {
        wanted = true;
    }

    boolean isWanted() {
        return wanted;
    }

    /** The guest is about to learn what that file looks like, of which this is a descriptor. */
    void look(Call call, Node node, int fd) {
        if (!concerns(node)) return;
        long file = call.pathOf(fd);
        if (FileCalls.listxattr(file, 0, 0) == 0) return;
        found(
                node,
                FileCalls.getxattr(file, ACCESS, 0, 0) > 0
                        || (node.isRegular() && FileCalls.getxattr(file, CAPABILITY, 0, 0) > 0));
    }

    /** The same of a file in a directory. */
    void look(Call call, Node node, int directory, byte[] name) {
        if (!concerns(node)) return;
        long file = call.pathOf(directory, name);
        // nearly no file has any attribute at all
        if (FileCalls.llistxattr(file, 0, 0) == 0) return;
        found(
                node,
                FileCalls.lgetxattr(file, ACCESS, 0, 0) > 0
                        || (node.isRegular() && FileCalls.lgetxattr(file, CAPABILITY, 0, 0) > 0));
    }

    private boolean concerns(Node node) {
        return wanted && !node.barred && node.type != Stat.S_IFLNK && !told.contains(EVERY);
    }

    private void found(Node node, boolean any) {
        if (any && told.add(node.id)) news.add(node.id);
        if (told.size() > IN_ALL) every();
    }

    /** An answer goes out of which it is not known what files it tells of. */
    void every() {
        if (wanted && told.add(EVERY)) news.add(EVERY);
    }

    /** What must be told before the next answer; from now on it counts as told. */
    List<Long> takeNews() {
        List<Long> taken = List.copyOf(news);
        news.clear();
        if (taken.size() <= AT_ONCE) return taken;
        told.add(EVERY);
        return List.of(EVERY);
    }
}
