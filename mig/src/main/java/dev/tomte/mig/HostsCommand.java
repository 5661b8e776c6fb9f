package dev.tomte.mig;

import dev.tomte.contracts.Availability;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import tools.jackson.databind.JsonNode;

@Command(name = "hosts", mixinStandardHelpOptions = true, description = "The hosts, and which are available to guests.")
final class HostsCommand implements Callable<Integer> {
    @Mixin
    private Session session = new Session();

    @Override
    public Integer call() {
        try (Api api = session.api()) {
            if (session.isJson()) {
                JsonNode hosts = api.get("/hosts");
                session.printJson(hosts);
                return 0;
            }
            List<Availability> hosts = api.list("/hosts", Availability.class);
            Instant now = Instant.now();
            Table table = session.isWide()
                    ? new Table("HOST", "STATE", "SINCE", "GUESTS", "CPU", "MEMORY", "ADDRESS", "KERNEL", "ROOT", "WHY")
                    : new Table("HOST", "STATE", "SINCE", "GUESTS", "CPU", "MEMORY", "WHY");
            for (Availability host : hosts) {
                String cpu = String.format(Locale.ROOT, "%.1f", host.freeCpu());
                String memory = Words.bytes(host.freeMemory());
                String since = Words.ago(host.since(), now);
                String guests = Integer.toString(host.guests());
                String state = host.state().name();
                if (session.isWide())
                    table.row(
                            host.host(),
                            state,
                            since,
                            guests,
                            cpu,
                            memory,
                            host.address(),
                            host.kernel(),
                            host.root(),
                            host.why());
                else table.row(host.host(), state, since, guests, cpu, memory, host.why());
            }
            System.out.print(table);
            return 0;
        }
    }
}
