package dev.tomte.migration.access;

import dev.tomte.contracts.ProcessStatus;

/**
 * A leave to do something with pods or nodes, in the words of a cluster.
 *
 * @param subresource empty: the thing itself
 * @param namespace empty: all of them, or a thing that is in none
 * @param name empty: all of them
 */
public record Permission(String verb, String resource, String subresource, String namespace, String name) {
    private static final String ALL = "";
    private static final String ITSELF = "";
    private static final String PODS = "pods";
    private static final String NODES = "nodes";

    /** To see a process, its moves, and why it is where it is. */
    public static Permission see(ProcessStatus process) {
        return pod("get", ITSELF, process);
    }

    public static Permission readLog(ProcessStatus process) {
        return pod("get", "log", process);
    }

    /** Whoever may end it may move it and send it signals. */
    public static Permission dispose(ProcessStatus process) {
        return pod("delete", ITSELF, process);
    }

    private static Permission pod(String verb, String subresource, ProcessStatus process) {
        return new Permission(verb, PODS, subresource, process.namespace(), process.name());
    }

    public static Permission seeHosts() {
        return new Permission("list", NODES, ITSELF, ALL, ALL);
    }

    /** Its policy, its owner, whether it is emptied. */
    public static Permission changeHost(String host) {
        return new Permission("update", NODES, ITSELF, ALL, host);
    }

    /** The same of everything in the namespace. */
    Permission inNamespace() {
        return new Permission(verb, resource, subresource, namespace, ALL);
    }

    /** The same of everything. */
    Permission everywhere() {
        return new Permission(verb, resource, subresource, ALL, ALL);
    }

    /** As in "delete pods/sim in namespace lab". */
    public String words() {
        StringBuilder words = new StringBuilder(verb).append(' ').append(resource);
        if (!name.isEmpty()) words.append('/').append(name);
        if (!subresource.isEmpty()) words.append('/').append(subresource);
        if (!namespace.isEmpty()) words.append(" in namespace ").append(namespace);
        return words.toString();
    }
}
