package dev.tomte.idle.signal;

/** Runnable processes of the owner, averaged with decay over one, five and fifteen minutes, as Sprite did. */
public record RunQueueAverages(double one, double five, double fifteen) {}
