package dev.tomte.fleet;

import dev.tomte.contracts.Identity;
import java.util.List;

/** The configuration of a Prometheus that scrapes a fleet, with the certificate of one who monitors. */
record Scraping(Layout layout, List<String> hosts, int replicas) {
    String yaml() {
        StringBuilder text = new StringBuilder("global:\n  scrape_interval: 15s\nscrape_configs:\n");
        job(text, "tomte-migration");
        for (int i = 0; i < replicas; i++)
            target(text, layout.bridgeAddress(), layout.metricsPort(i), "replica", Fleet.replica(i));
        job(text, "tomte-node");
        for (int i = 0; i < hosts.size(); i++)
            target(text, layout.hostAddress(i), layout.metricsPort(), "host", hosts.get(i));
        return text.toString();
    }

    private void job(StringBuilder text, String name) {
        Identity monitor = layout.identity("monitor");
        text.append("""
                - job_name: %s
                  scheme: https
                  tls_config:
                    ca_file: %s
                    cert_file: %s
                    key_file: %s
                  static_configs:
                """.formatted(name, monitor.authority(), monitor.certificate(), monitor.key()));
    }

    private static void target(StringBuilder text, String address, int port, String label, String value) {
        text.append("  - targets: ['%s:%d']\n    labels: {%s: %s}\n".formatted(address, port, label, value));
    }
}
