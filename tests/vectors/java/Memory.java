import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Known uses, and "the other code of a pass" of docs/validators.md. */
final class Memory {
    record Riding(long departs, Long until) {}

    private record Shown(Bundle.Use use, Bundle.Ride ride) {}

    private final Map<String, List<Bundle.Use>> uses = new LinkedHashMap<>();
    private final Map<String, Bundle.Ordered> ordered;

    Memory(List<Collection<Bundle.Use>> sources, Map<String, Bundle.Ordered> ordered) {
        this.ordered = ordered;
        Map<List<Object>, List<Bundle.Use>> kept = new LinkedHashMap<>();
        for (Collection<Bundle.Use> source : sources) {
            Map<List<Object>, List<Bundle.Use>> mine = new LinkedHashMap<>();
            for (Bundle.Use use : source) mine.computeIfAbsent(group(use), key -> new ArrayList<>()).add(use);
            mine.forEach((key, rows) -> kept.merge(key, rows, (held, more) -> more.size() >= held.size() ? more : held));
        }
        for (List<Bundle.Use> rows : kept.values()) {
            for (Bundle.Use use : rows) uses.computeIfAbsent(use.jti(), key -> new ArrayList<>()).add(use);
        }
    }

    private static List<Object> group(Bundle.Use use) {
        List<Object> group = new ArrayList<>(List.of(use.jti(), use.leg(), use.at()));
        group.add(use.gate());
        return group;
    }

    List<Bundle.Use> usesOf(String jti) {
        return uses.getOrDefault(jti, List.of());
    }

    Bundle.Ordered orderedOf(String jti) {
        return ordered.getOrDefault(jti, new Bundle.Ordered(0, List.of()));
    }

    Bundle.Use useInTheWay(String ticket, long leg, long now) {
        for (Map.Entry<String, Bundle.Ordered> pass : ordered.entrySet()) {
            Bundle.Ride wanted = null;
            for (Bundle.Ride ride : pass.getValue().rides()) {
                if (wanted == null && ride.ticket().equals(ticket) && ride.leg() == leg) wanted = ride;
            }
            Shown newest = wanted == null ? null : newest(pass.getKey(), now);
            if (newest == null) continue;
            long lasts = half(newest.ride() == null ? wanted : newest.ride());
            if (newest.ride() != null && newest.ride().ticket().equals(ticket)) lasts = Math.min(lasts, half(wanted));
            if (now < newest.use().at() + lasts) return newest.use();
        }
        return null;
    }

    Riding inTheWay(String pass, long now) {
        long own = -1;
        for (Bundle.Use use : usesOf(pass)) if (isHeard(use, now)) own = Math.max(own, use.at());
        Riding latest = null;
        for (Bundle.Ride ride : orderedOf(pass).rides()) {
            Bundle.Use last = null;
            for (Bundle.Use use : usesOf(ride.ticket())) {
                if (use.leg() == ride.leg() && isHeard(use, now) && (last == null || use.at() > last.at())) last = use;
            }
            if (last == null || last.kind().equals("out") || last.at() <= own || now >= last.at() + half(ride)) continue;
            if (latest == null || last.at() + half(ride) > latest.until()) latest = new Riding(ride.departs(), last.at() + half(ride));
        }
        return latest;
    }

    Riding toAskFor(String pass, long now) {
        Shown newest = newest(pass, now);
        if (newest != null && newest.ride() != null) {
            long until = newest.use().at() + Math.max(60, newest.ride().arrives() - newest.ride().departs());
            if (now < until) return new Riding(newest.ride().departs(), until);
        }
        for (Bundle.Ride ride : orderedOf(pass).rides()) {
            boolean hasBegun = usesOf(ride.ticket()).stream().anyMatch(use -> use.leg() == ride.leg());
            if (ride.starts() <= now && now < ride.ends() && !hasBegun) return new Riding(ride.departs(), null);
        }
        return null;
    }

    private Shown newest(String pass, long now) {
        List<Shown> all = new ArrayList<>();
        for (Bundle.Use use : usesOf(pass)) all.add(new Shown(use, null));
        for (Bundle.Ride ride : orderedOf(pass).rides()) {
            for (Bundle.Use use : usesOf(ride.ticket())) if (use.leg() == ride.leg()) all.add(new Shown(use, ride));
        }
        Shown newest = null;
        for (Shown one : all) if (isHeard(one.use(), now) && (newest == null || one.use().at() > newest.use().at())) newest = one;
        return newest == null || newest.use().kind().equals("out") ? null : newest;
    }

    private static boolean isHeard(Bundle.Use use, long now) {
        return use.at() <= now + 300;
    }

    private static long half(Bundle.Ride ride) {
        return Math.max(60, Math.floorDiv(ride.arrives() - ride.departs(), 2));
    }
}
