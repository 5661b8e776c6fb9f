package dev.tomte.idle;

/** Hears first that the owner is back: the agent on the same host, which freezes all guests. */
@FunctionalInterface
public interface OwnerReturned {
    /**
     * Called at once, before any {@link AvailabilityListener}, by the thread that saw the owner. Until it returns that
     * thread sees nothing else, so it freezes and leaves the rest to others. Called again only after the owner has been
     * away in between. What it throws is logged.
     *
     * @param why in words: "keyboard 0 s ago"
     */
    void returned(String why);
}
