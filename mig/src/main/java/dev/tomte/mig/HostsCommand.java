package dev.tomte.mig;

import dev.tomte.contracts.Availability;
import java.time.Instant;
import java.util.ArrayList;
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
            System.out.print(table(api.list("/hosts", Availability.class), Instant.now(), session.isWide()));
            return 0;
        }
    }

    static Table table(List<Availability> hosts, Instant now, boolean isWide) {
        List<String> head = new ArrayList<>(List.of(
                "HOST", "STATE", "SINCE", "GUESTS", "OWNER", "FREE", "MEMORY", "INPUT", "IMPORTS", "EXPORTS", "WHY"));
        if (isWide) head.addAll(List.of("ADDRESS", "KERNEL", "POOL", "GUESTS GET", "ROOT"));
        Table table = new Table(head.toArray(String[]::new));
        for (Availability host : hosts) {
            Availability.Sharing sharing = host.sharing();
            List<String> row = new ArrayList<>(List.of(
                    host.host(),
                    host.state().name(),
                    Words.ago(host.since(), now),
                    guests(host),
                    cores(sharing.ownerCpu()),
                    cores(host.freeCpu()),
                    Words.bytes(host.freeMemory()),
                    sharing.inputIdleMillis() == null
                            ? "-"
                            : Words.ago(now.minusMillis(sharing.inputIdleMillis()), now),
                    sharing.policy().drains()
                            ? "drains"
                            : sharing.policy().imports().word(),
                    sharing.policy().exports().word(),
                    host.why()));
            if (isWide)
                row.addAll(List.of(host.address(), host.kernel(), sharing.pool(), limits(sharing), host.root()));
            table.row(row.toArray(String[]::new));
        }
        return table;
    }

    private static String guests(Availability host) {
        int held = host.sharing().held().size();
        return host.guests() + (held == 0 ? "" : " (" + held + " held)");
    }

    private static String limits(Availability.Sharing sharing) {
        String limits = sharing.guestLimits();
        return limits == null || limits.isEmpty() ? "-" : limits;
    }

    private static String cores(double cores) {
        return String.format(Locale.ROOT, "%.1f", cores);
    }
}
