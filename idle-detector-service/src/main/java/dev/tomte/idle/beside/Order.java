package dev.tomte.idle.beside;

import dev.tomte.idle.policy.IdlePolicy;
import dev.tomte.idle.policy.IdleSettings;
import dev.tomte.idle.policy.Profile;
import dev.tomte.idle.policy.Setting;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * What an agent tells the detector beside it, at once and then every second.
 *
 * @param cgroup the host's v2 cgroup; counts for the whole of a watch
 * @param cores how many the host has; likewise
 * @param policy as it is meant now
 * @param guests the cgroups of the guests on it now
 */
record Order(String cgroup, int cores, IdlePolicy policy, List<String> guests) implements Message {
    /** More than any host has. */
    private static final int MOST_GUESTS = 100_000;

    Order {
        guests = List.copyOf(guests);
    }

    static Order read(DataInput in) throws IOException {
        return new Order(in.readUTF(), in.readInt(), policy(in), guests(in));
    }

    private static IdlePolicy policy(DataInput in) throws IOException {
        Profile profile = Profile.valueOf(in.readUTF());
        Map<Setting, Double> settings = new EnumMap<>(Setting.class);
        for (int count = in.readInt(); count > 0; count--) settings.put(Setting.valueOf(in.readUTF()), in.readDouble());
        return new IdlePolicy(profile, IdleSettings.of(settings));
    }

    private static List<String> guests(DataInput in) throws IOException {
        int count = in.readInt();
        if (count < 0 || count > MOST_GUESTS) throw new IllegalArgumentException(count + " guests");
        List<String> guests = new ArrayList<>();
        while (guests.size() < count) guests.add(in.readUTF());
        return guests;
    }

    @Override
    public void write(DataOutput out) throws IOException {
        out.writeUTF(cgroup);
        out.writeInt(cores);
        out.writeUTF(policy.profile().name());
        Map<Setting, Double> settings = policy.settings().values();
        out.writeInt(settings.size());
        for (Map.Entry<Setting, Double> each : settings.entrySet()) {
            out.writeUTF(each.getKey().name());
            out.writeDouble(each.getValue());
        }
        out.writeInt(guests.size());
        for (String guest : guests) out.writeUTF(guest);
    }
}
