import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/** A gate bundle, as docs/validators.md says under "Opening a bundle". */
final class Bundle {
    static final class Bad extends Exception {
        Bad(String message) {
            super(message);
        }
    }

    record Use(String jti, long leg, long at, String gate, String kind) {
        boolean counts() {
            return kind.equals("ride") || kind.equals("in");
        }
    }

    record Rule(String binding, long passback, String stops, List<String> classes, List<long[]> hours, List<Long> days,
            long transferSeconds, Long transfers, Long window, String check) {}

    record StatusList(String uri, long issuedAt, long expiresAt, byte[] bits) {
        Integer status(long index) {
            if (index / 4 >= bits.length) return null;
            return (bits[(int) (index / 4)] >> ((index & 3) * 2)) & 3;
        }
    }

    record Called(String operator, String stop, long departure) {}

    record Delay(Long departsAt, Map<String, Long> arrivals, boolean cancelled) {}

    record Waiver(Set<Called> trips, String operator, String trip, long until, List<String> tickets) {}

    record Call(String stop, long departure) {}

    record Ride(String ticket, long leg, long departs, long arrives, long starts, long ends) {}

    record Ordered(long strokes, List<Ride> rides) {}

    record Boarding(long opens, long closes) {}

    static final long TIME = 1L << 40;
    private static final long YEAR = 31_622_400;
    private static final List<String> FIRST = List.of("iss", "aud", "iat", "exp", "ver", "keys", "status_keys", "lists", "rules");
    private static final List<String> MAY = List.of("bundle_keys", "removed", "devices", "offsets", "uses", "policy", "delta");
    private static final List<String> SECOND = List.of("format", "boarding", "sailings", "delays", "waivers", "issuers", "categories");

    String issuer;
    String operator;
    long issuedAt;
    long expiresAt;
    Map<String, Signed.Key> keys;
    final Map<String, StatusList> lists = new HashMap<>();
    final Map<String, Rule> rules = new HashMap<>();
    final List<long[]> offsets = new ArrayList<>();
    final List<Use> uses = new ArrayList<>();
    String degrade;
    boolean acceptsDemo;
    long maxStale;
    long leeway;
    long proofPast;
    long proofFuture;
    final Map<String, Boarding> boarding = new HashMap<>();
    final Map<String, List<Call>> sailings = new HashMap<>();
    final Map<Called, Delay> delays = new HashMap<>();
    final List<Waiver> waivers = new ArrayList<>();
    final Set<String> guests = new HashSet<>();
    final Map<String, String> categories = new HashMap<>();
    final Map<String, Ordered> ordered = new LinkedHashMap<>();

    static Bundle open(String text, Object trust) throws Bad {
        try {
            Map<String, Object> payload = Json.object(Signed.verify(text, "gate-bundle+jwt", Signed.keys(trust), 4_000_000));
            Bundle bundle = new Bundle();
            bundle.readFirst(payload);
            if (payload.containsKey("format")) bundle.readSecond(payload);
            return bundle;
        } catch (Signed.Refused | Signed.BadKey | Json.NotStrict error) {
            throw new Bad(error.getMessage());
        }
    }

    private void readFirst(Map<String, Object> payload) throws Bad, Signed.BadKey {
        Set<String> known = new HashSet<>(FIRST);
        known.addAll(MAY);
        if (payload.containsKey("format")) {
            known.addAll(SECOND);
            known.add("ordered");
            for (String name : SECOND) require(payload.containsKey(name), name);
        }
        for (String name : payload.keySet()) require(known.contains(name), name);
        for (String name : FIRST) require(payload.containsKey(name), name);
        issuer = filled(payload.get("iss"));
        operator = filled(payload.get("aud"));
        issuedAt = whole(payload.get("iat"), 1, TIME);
        expiresAt = whole(payload.get("exp"), 1, TIME);
        whole(payload.get("ver"), 1, TIME);
        require(issuedAt < expiresAt, "exp");
        keys = Signed.keys(payload.get("keys"));
        Map<String, Signed.Key> statusKeys = Signed.keys(payload.get("status_keys"));
        if (payload.containsKey("bundle_keys") && !list(payload.get("bundle_keys")).isEmpty()) Signed.keys(payload.get("bundle_keys"));
        for (String name : List.of("removed", "devices")) if (payload.containsKey(name)) texts(payload.get(name));
        List<StatusList> arrived = new ArrayList<>();
        for (String one : texts(payload.get("lists"))) arrived.add(statusList(one, statusKeys));
        arrived.sort(Comparator.comparingLong(StatusList::issuedAt));
        for (StatusList one : arrived) lists.put(one.uri(), one);
        for (List<?> row : rows(payload, "offsets", 2)) offsets.add(new long[] {whole(row.get(0), 0, TIME), whole(row.get(1), -64_800, 64_800)});
        for (List<?> row : rows(payload, "uses", 4, 5)) uses.add(use(row));
        boolean isTimed = false;
        for (Map.Entry<String, Object> one : object(payload.get("rules")).entrySet()) {
            Rule rule = rule(one.getValue());
            rules.put(one.getKey(), rule);
            isTimed |= !rule.hours().isEmpty() || !rule.days().isEmpty();
        }
        require(!isTimed || !offsets.isEmpty(), "offsets");
        policy(payload);
        if (payload.get("delta") != null) delta(payload.get("delta"));
    }

    private void policy(Map<String, Object> payload) throws Bad {
        Map<String, Object> policy = payload.containsKey("policy") ? object(payload.get("policy")) : Map.of();
        only(policy, "degrade", "accept_demo", "max_stale_seconds", "leeway_seconds", "proof_past_seconds", "proof_future_seconds");
        degrade = choice(policy, "degrade", "fail_closed", "fail_open");
        acceptsDemo = policy.containsKey("accept_demo") && flag(policy.get("accept_demo"));
        maxStale = whole(policy, "max_stale_seconds", 86_400, 0, 2_592_000);
        leeway = whole(policy, "leeway_seconds", 30, 0, 300);
        proofPast = whole(policy, "proof_past_seconds", 45, 0, 300);
        proofFuture = whole(policy, "proof_future_seconds", 30, 0, 300);
    }

    private static void delta(Object value) throws Bad {
        Map<String, Object> delta = object(value);
        only(delta, "since", "cursor", "complete", "cleared");
        whole(delta.get("since"), 0, TIME);
        whole(delta.get("cursor"), 0, TIME);
        flag(delta.get("complete"));
        if (delta.containsKey("cleared")) texts(delta.get("cleared"));
    }

    private void readSecond(Map<String, Object> payload) throws Bad, Signed.BadKey {
        require(Long.valueOf(2).equals(payload.get("format")), "format");
        for (Map.Entry<String, Object> one : object(payload.get("boarding")).entrySet()) {
            Map<String, Object> rule = object(one.getValue());
            only(rule, "opens_seconds", "closes_seconds");
            boarding.put(one.getKey(), new Boarding(whole(rule.get("opens_seconds"), 0, 86_400), whole(rule, "closes_seconds", 900, 0, 21_600)));
        }
        for (List<?> row : rows(payload, "sailings", 3)) {
            Called call = called(row);
            sailings.computeIfAbsent(call.operator(), name -> new ArrayList<>()).add(new Call(call.stop(), call.departure()));
        }
        for (List<?> row : rows(payload, "delays", 5)) delays.put(called(row), delay(row));
        for (Object one : list(payload.get("waivers"))) waivers.add(waiver(object(one)));
        issuers(payload);
        for (Map.Entry<String, Object> one : object(payload.get("categories")).entrySet()) categories.put(one.getKey(), text(one.getValue()));
        for (List<?> row : rows(payload, "ordered", 3)) {
            List<Ride> rides = new ArrayList<>();
            for (List<?> ride : rows(row.get(2), 6)) rides.add(ride(ride));
            ordered.put(text(row.get(0)), new Ordered(whole(row.get(1), 0, 1_048_576), rides));
        }
    }

    private static Ride ride(List<?> row) throws Bad {
        long[] times = new long[4];
        for (int at = 0; at < 4; at++) times[at] = whole(row.get(at + 2), 0, TIME);
        return new Ride(text(row.get(0)), whole(row.get(1), 0, 7), times[0], times[1], times[2], times[3]);
    }

    private static Called called(List<?> row) throws Bad {
        long departure = whole(row.get(2), 0, TIME);
        return new Called(text(row.get(0)), text(row.get(1)), departure - departure % 60);
    }

    private static Delay delay(List<?> row) throws Bad {
        Long departsAt = row.get(3) == null ? null : (Long) whole(row.get(3), 0, TIME);
        Map<String, Long> late = new HashMap<>();
        if (row.get(4) == null) return new Delay(departsAt, late, true);
        for (List<?> arrival : rows(row.get(4), 2)) late.put(text(arrival.get(0)), whole(arrival.get(1), 0, YEAR));
        return new Delay(departsAt, late, false);
    }

    private Waiver waiver(Map<String, Object> row) throws Bad {
        only(row, "event", "trips", "accept", "until", "tickets");
        List<String> tickets = row.containsKey("tickets") ? texts(row.get("tickets")) : null;
        require(row.size() == (tickets == null ? 4 : 5) && (tickets == null || !tickets.isEmpty()), "waiver");
        filled(row.get("event"));
        List<String> accept = texts(row.get("accept"));
        require(accept.size() == 2, "accept");
        Set<Called> trips = new HashSet<>();
        for (List<?> trip : rows(row.get("trips"), 3)) trips.add(called(trip));
        for (Called trip : trips) guests.add(trip.operator());
        return new Waiver(trips, accept.get(0), accept.get(1), whole(row.get("until"), 1, TIME), tickets);
    }

    private void issuers(Map<String, Object> payload) throws Bad, Signed.BadKey {
        Set<String> names = new LinkedHashSet<>(List.of(issuer));
        for (Object one : list(payload.get("issuers"))) {
            Map<String, Object> row = object(one);
            exactly(row, "iss", "keys", "status_keys", "lists", "removed", "allow", "since", "until");
            require(names.add(filled(row.get("iss"))), "iss twice");
            Signed.keys(row.get("keys"));
            Signed.keys(row.get("status_keys"));
            texts(row.get("lists"));
            texts(row.get("removed"));
            require(whole(row.get("since"), 1, TIME) < whole(row.get("until"), 1, TIME), "until");
            Map<String, Object> allow = object(row.get("allow"));
            exactly(allow, "operators", "products", "legs", "max_seconds");
            texts(allow.get("operators"));
            texts(allow.get("products"));
            for (List<?> leg : rows(allow.get("legs"), 3)) texts(leg);
            whole(allow.get("max_seconds"), 1, YEAR);
        }
    }

    private static Use use(List<?> row) throws Bad {
        String kind = row.size() == 5 ? text(row.get(4)) : "ride";
        require(List.of("ride", "transfer", "in", "out").contains(kind), "kind");
        String gate = row.get(3) == null ? null : text(row.get(3));
        return new Use(text(row.get(0)), whole(row.get(1), 0, 7), whole(row.get(2), 0, TIME), gate, kind);
    }

    private static Rule rule(Object value) throws Bad {
        Map<String, Object> rule = object(value);
        only(rule, "binding", "passback_seconds", "stops", "classes", "hours", "days", "transfer_seconds", "transfers", "window_seconds", "check");
        List<long[]> hours = new ArrayList<>();
        for (List<?> row : rows(rule, "hours", 2)) {
            hours.add(new long[] {whole(row.get(0), 0, 86_400), whole(row.get(1), 0, 86_400)});
            require(hours.get(hours.size() - 1)[0] < hours.get(hours.size() - 1)[1], "hours");
        }
        List<Long> days = new ArrayList<>();
        for (Object day : rule.containsKey("days") ? list(rule.get("days")) : List.of()) days.add(whole(day, 1, 7));
        return new Rule(choice(rule, "binding", "optional", "required", "none"), whole(rule, "passback_seconds", 60, 0, 86_400),
                choice(rule, "stops", "any", "board"), rule.containsKey("classes") ? texts(rule.get("classes")) : List.of(), hours, days,
                whole(rule, "transfer_seconds", 0, 0, 86_400), orNull(rule, "transfers", 0, 99), orNull(rule, "window_seconds", 1, YEAR),
                choice(rule, "check", "once", "in_out"));
    }

    private static StatusList statusList(String text, Map<String, Signed.Key> keys) throws Bad {
        try {
            Map<String, Object> payload = Json.object(Signed.verify(text, "statuslist+jwt", keys, 1_000_000));
            long issued = whole(payload.get("iat"), 0, TIME);
            long expires = whole(payload.get("exp"), issued + 1, TIME);
            if (payload.containsKey("ttl")) require(payload.get("ttl") == Json.BEYOND || whole(payload.get("ttl"), 1, Long.MAX_VALUE) > 0, "ttl");
            Map<String, Object> packed = object(payload.get("status_list"));
            require(Long.valueOf(2).equals(packed.get("bits")), "bits");
            return new StatusList(text(payload.get("sub")), issued, expires, inflated(Json.base64url(text(packed.get("lst")))));
        } catch (Signed.Refused | Json.NotStrict error) {
            throw new Bad("list: " + error.getMessage());
        }
    }

    private static byte[] inflated(byte[] packed) throws Bad {
        Inflater inflater = new Inflater();
        inflater.setInput(packed);
        byte[] bytes = new byte[262_145];
        int length = 0;
        try {
            while (!inflater.finished() && length < bytes.length) {
                int more = inflater.inflate(bytes, length, bytes.length - length);
                if (more == 0 && !inflater.finished()) throw new Bad("lst is cut");
                length += more;
            }
        } catch (DataFormatException error) {
            throw new Bad("lst is not packed");
        }
        require(inflater.finished() && inflater.getRemaining() == 0 && length <= 262_144, "lst");
        return java.util.Arrays.copyOf(bytes, length);
    }

    private static void require(boolean holds, String what) throws Bad {
        if (!holds) throw new Bad(what);
    }

    static long whole(Object value, long low, long high) throws Bad {
        if (!(value instanceof Long number) || number < low || number > high) throw new Bad("a number out of its range");
        return number;
    }

    private static long whole(Map<String, Object> in, String name, long absent, long low, long high) throws Bad {
        return in.containsKey(name) ? whole(in.get(name), low, high) : absent;
    }

    private static Long orNull(Map<String, Object> in, String name, long low, long high) throws Bad {
        return in.get(name) == null ? null : (Long) whole(in.get(name), low, high);
    }

    private static String text(Object value) throws Bad {
        require(value instanceof String, "a text");
        return (String) value;
    }

    private static String filled(Object value) throws Bad {
        require(!text(value).isEmpty(), "a text that is not empty");
        return (String) value;
    }

    private static boolean flag(Object value) throws Bad {
        require(value instanceof Boolean, "true or false");
        return (Boolean) value;
    }

    private static String choice(Map<String, Object> in, String name, String... allowed) throws Bad {
        String value = in.containsKey(name) ? text(in.get(name)) : allowed[0];
        require(List.of(allowed).contains(value), name);
        return value;
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> object(Object value) throws Bad {
        require(value instanceof Map, "an object");
        return (Map<String, Object>) value;
    }

    private static List<?> list(Object value) throws Bad {
        require(value instanceof List, "a list");
        return (List<?>) value;
    }

    private static List<String> texts(Object value) throws Bad {
        List<String> found = new ArrayList<>();
        for (Object one : list(value)) found.add(text(one));
        return found;
    }

    private static List<List<?>> rows(Map<String, Object> in, String name, int... lengths) throws Bad {
        return in.containsKey(name) ? rows(in.get(name), lengths) : List.of();
    }

    private static List<List<?>> rows(Object value, int... lengths) throws Bad {
        List<List<?>> found = new ArrayList<>();
        for (Object one : list(value)) {
            boolean fits = false;
            for (int length : lengths) fits |= list(one).size() == length;
            require(fits, "a list of " + lengths[0]);
            found.add(list(one));
        }
        return found;
    }

    private static void only(Map<String, Object> in, String... names) throws Bad {
        for (String name : in.keySet()) require(List.of(names).contains(name), name);
    }

    private static void exactly(Map<String, Object> in, String... names) throws Bad {
        only(in, names);
        require(in.size() == names.length, "a member is missing");
    }
}
