package dev.tomte.home.origin;

/** What the home's register says of a session of (incarnation, epoch) that a host wants to have. */
public enum Admission {
    /** The register names this host with this epoch. */
    CURRENT,
    /** A move to this host is under way and would give it this epoch: opens and writes for the restore only. */
    NEXT,
    /** It cannot be told yet: ask again. */
    LATER,
    /** The register has gone past that epoch, names another host, or this is another life of the pod. */
    STALE
}
