package dev.tomte.migration.admission;

/** How the stub comes into a home pod. */
public enum StubDelivery {
    /** Its image is mounted. */
    IMAGE_VOLUME,
    /** A container that runs before the pod's own copies it; for clusters that mount no images. */
    INIT_CONTAINER
}
