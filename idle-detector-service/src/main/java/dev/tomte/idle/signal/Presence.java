package dev.tomte.idle.signal;

/**
 * A sign of the owner.
 *
 * @param what the thing used, in words: "keyboard"
 * @param at when, by the detector's clock; for {@link Kind#WATCHED} the time since which nothing has been seen
 */
public record Presence(Kind kind, String what, long at) {
    public enum Kind {
        /** It was used at that time. */
        USED,
        /** It was still going on at that time, without any use of a device: a film. */
        LASTING,
        /** No use since the watch began: nobody knows about the time before. */
        WATCHED
    }
}
