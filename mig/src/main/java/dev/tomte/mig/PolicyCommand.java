package dev.tomte.mig;

import dev.tomte.contracts.Availability;
import dev.tomte.contracts.Json;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "policy",
        mixinStandardHelpOptions = true,
        description = "Say, or change, whose processes a host takes in and lets go.")
final class PolicyCommand implements Callable<Integer> {
    @Mixin
    private Session session = new Session();

    @Parameters(paramLabel = "HOST", description = "The host.")
    private String host = "";

    @Option(names = "--import", paramLabel = "WHOSE", description = "none, owner or all.")
    private @Nullable String imports;

    @Option(names = "--export", paramLabel = "WHOSE", description = "none, owner or all.")
    private @Nullable String exports;

    @Override
    public Integer call() {
        Map<String, Object> order = new LinkedHashMap<>();
        if (imports != null) order.put("imports", imports);
        if (exports != null) order.put("exports", exports);
        try (Api api = session.api()) {
            String path = "/hosts/" + Api.quoted(host);
            var answer = order.isEmpty() ? api.get(path) : api.post(path + "/policy", order);
            if (session.isJson()) session.printJson(answer);
            else System.out.println(said(Json.mapper().treeToValue(answer, Availability.class)));
            return 0;
        }
    }

    static String said(Availability host) {
        var policy = host.sharing().policy();
        return "%s imports %s, exports %s%s"
                .formatted(
                        host.host(),
                        policy.imports().word(),
                        policy.exports().word(),
                        policy.drains() ? ", and is being emptied" : "");
    }
}
