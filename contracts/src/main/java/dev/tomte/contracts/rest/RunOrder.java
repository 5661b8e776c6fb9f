package dev.tomte.contracts.rest;

import dev.tomte.contracts.Request.Launch.Begins;
import dev.tomte.contracts.Request.Launch.Streams;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The body of POST /processes. What is null is chosen: a name is invented, the directory is /home/tomte, the user 1000.
 *
 * @param home the host it starts at and belongs to; required
 * @param command the program and its arguments; required
 * @param env added to what the home gives every process
 * @param cwd an absolute directory at home
 * @param shared whether it may be moved to an idle host without anybody's asking; null: it may not
 * @param begins where its first line runs; null: at home
 * @param streams what its standard streams are; null: nothing, and one log
 * @param preferredCwd an absolute directory that it starts in instead, if its user may enter it at home; the answer says where it
 *     starts
 */
public record RunOrder(
        @Nullable String name,
        @Nullable String home,
        @Nullable List<String> command,
        @Nullable Map<String, String> env,
        @Nullable String cwd,
        @Nullable Integer uid,
        @Nullable Boolean shared,
        @Nullable Begins begins,
        @Nullable Streams streams,
        @Nullable String preferredCwd) {
    /** One with nothing as its input, and one log. */
    public RunOrder(
            @Nullable String name,
            @Nullable String home,
            @Nullable List<String> command,
            @Nullable Map<String, String> env,
            @Nullable String cwd,
            @Nullable Integer uid,
            @Nullable Boolean shared,
            @Nullable Begins begins) {
        this(name, home, command, env, cwd, uid, shared, begins, null, null);
    }

    /** One that begins at home. */
    public RunOrder(
            @Nullable String name,
            @Nullable String home,
            @Nullable List<String> command,
            @Nullable Map<String, String> env,
            @Nullable String cwd,
            @Nullable Integer uid,
            @Nullable Boolean shared) {
        this(name, home, command, env, cwd, uid, shared, null);
    }

    /** One that stays where somebody puts it. */
    public RunOrder(
            @Nullable String name,
            @Nullable String home,
            @Nullable List<String> command,
            @Nullable Map<String, String> env,
            @Nullable String cwd,
            @Nullable Integer uid) {
        this(name, home, command, env, cwd, uid, null);
    }
}
