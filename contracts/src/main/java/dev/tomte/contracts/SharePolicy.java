package dev.tomte.contracts;

/**
 * Whose processes a host takes in as guests, and whose processes that have their home on it may leave it. It is the
 * owner's wish, apart from availability: a host that imports nothing may still be idle.
 *
 * @param host its name
 * @param owner the user that the host belongs to; empty where it belongs to nobody
 * @param imports whose it takes in
 * @param exports whose it lets go
 * @param drains whether it is being emptied: it takes in nothing, whoever's, and its guests leave
 */
public record SharePolicy(String host, String owner, Who imports, Who exports, boolean drains) {
    /** @throws IllegalArgumentException if a name is none, or the owner's are meant where there is no owner */
    public SharePolicy {
        Names.label("host", host);
        if (!owner.isEmpty()) Names.label("owner", owner);
        if (owner.isEmpty() && (imports == Who.OWNER || exports == Who.OWNER))
            throw new IllegalArgumentException("host '%s' has no owner whose processes could be meant".formatted(host));
    }

    /** Takes in and lets go everybody's. */
    public static SharePolicy open(String host, String owner) {
        return new SharePolicy(host, owner, Who.ALL, Who.ALL, false);
    }

    public SharePolicy withImports(Who who) {
        return new SharePolicy(host, owner, who, exports, drains);
    }

    public SharePolicy withExports(Who who) {
        return new SharePolicy(host, owner, imports, who, drains);
    }

    public SharePolicy draining(boolean now) {
        return new SharePolicy(host, owner, imports, exports, now);
    }

    /** Whether it takes in a process of this user's. */
    public boolean mayImport(String user) {
        return !drains && allows(imports, user);
    }

    /** Whether it lets a process of this user's go. */
    public boolean mayExport(String user) {
        return allows(exports, user);
    }

    private boolean allows(Who who, String user) {
        return switch (who) {
            case NONE -> false;
            case OWNER -> owner.equals(user);
            case ALL -> true;
        };
    }
}
