package dev.tomte.acceptance;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;

/** The fleet's hosts. */
record FleetStage(Fleet fleet) implements Stage {
    @Override
    public List<String> hosts() {
        return Fleet.HOSTS;
    }

    @Override
    public String bring(String name, byte[] content) {
        fleet.install(home(), name, content);
        return "/home/tomte/" + name;
    }

    @Override
    public Guest start(String name, String... command) {
        return Guest.run(fleet, home(), name, command);
    }

    @Override
    public Guest java(String name, String... arguments) {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        return start(name, Stream.concat(Stream.of(java), Stream.of(arguments)).toArray(String[]::new));
    }

    @Override
    public void make(String file) {
        fleet.install(home(), file, new byte[0]);
    }

    @Override
    public boolean has(String file) {
        return Files.exists(fleet.home(home()).resolve(file));
    }

    @Override
    public FailPoint point(Traveller traveller, String host, String state) throws IOException {
        return FailPoint.of(((Guest) traveller).id(), host, state);
    }

    @Override
    public void kill(String host, Runnable then) throws IOException {
        Faults faults = new Faults(fleet);
        Instant killed = Instant.now();
        faults.kill(host, then);
        faults.awaitBack(host, killed);
    }
}
