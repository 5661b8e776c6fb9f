package dev.tomte.migration.view;

/**
 * Something in the fleet has become other than it was.
 *
 * @param kind host, process or migration
 * @param resource as the API shows it
 */
public record Change(String kind, String id, Object resource) {
    /** The same, shown otherwise. */
    public Change with(Object shown) {
        return new Change(kind, id, shown);
    }
}
