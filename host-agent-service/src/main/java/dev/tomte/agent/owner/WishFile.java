package dev.tomte.agent.owner;

import dev.tomte.contracts.Command;
import dev.tomte.contracts.Json;
import dev.tomte.contracts.SharePolicy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;

/** What the owner wishes of sharing, kept at the host itself: it outlives the agent, the broker and the fleet. Any thread. */
public final class WishFile {
    private static final Logger LOG = LoggerFactory.getLogger(WishFile.class);

    private final Path file;
    private volatile SharePolicy policy;

    /**
     * Reads it, where there is one.
     *
     * @param otherwise what counts where there is none yet; its host and owner count always
     * @throws IOException if it is there and cannot be read: nothing is then known of the owner's wish
     */
    public WishFile(Path file, SharePolicy otherwise) throws IOException {
        this.file = file;
        policy = otherwise;
        if (!Files.exists(file)) return;
        try {
            SharePolicy kept = Json.read(Files.readString(file), SharePolicy.class);
            policy = otherwise
                    .withImports(kept.imports())
                    .withExports(kept.exports())
                    .draining(kept.drains());
        } catch (JacksonException | IllegalArgumentException e) {
            throw new IOException(file + " is no policy: " + e.getMessage(), e);
        }
    }

    public SharePolicy policy() {
        return policy;
    }

    /** Takes a new wish; when this returns it is kept. One that means nothing here changes nothing. */
    public synchronized void change(Command.Policy command) {
        try {
            SharePolicy next = policy;
            if (command.imports() != null) next = next.withImports(command.imports());
            if (command.exports() != null) next = next.withExports(command.exports());
            if (command.drains() != null) next = next.draining(command.drains());
            Path fresh = file.resolveSibling(file.getFileName() + ".new");
            Files.writeString(fresh, Json.write(next));
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
            policy = next;
            LOG.info("the policy is {}", next);
        } catch (IllegalArgumentException e) {
            LOG.warn("a policy is left out: {}", e.getMessage());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
