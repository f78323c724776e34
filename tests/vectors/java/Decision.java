import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** One decision, as docs/validators.md says under "Deciding" and behind it. */
final class Decision {
    record Gate(String operator, String stop, Long leg, String id, String zone, String direction, boolean inspects, boolean clockIsSure,
            String trip, Long departure) {}

    /** A refusal on its way out of the steps. */
    private static final class Refused extends Exception {
        final Map<String, Object> values;

        Refused(String reason, Map<String, Object> values) {
            super(reason);
            this.values = values;
        }
    }

    private final Bundle bundle;
    private final Gate gate;
    private final long now;
    private final Memory memory;
    private final Set<List<String>> proofs;
    private final List<List<Object>> notes = new ArrayList<>();
    private Ticket ticket;
    private List<Bundle.Use> used = List.of();
    private Ticket.Leg leg;
    private Long legAt;
    private String nonce;
    private String kind = "ride";

    Decision(Bundle bundle, Gate gate, long now, Memory memory, Set<List<String>> proofs) {
        this.bundle = bundle;
        this.gate = gate;
        this.now = now;
        this.memory = memory;
        this.proofs = proofs;
    }

    Map<String, Object> decide(String token, String proof) {
        long behind = bundle.issuedAt - now;
        if (behind > 30) return refused("clock_behind", values("seconds", behind), null);
        try {
            ticket = Ticket.read(token, bundle, gate.operator());
        } catch (Ticket.Unread unread) {
            if (gate.stop() != null && unread.givenBack.contains(gate.stop())) unread.values.put("given_back", true);
            return refused(unread.getMessage(), unread.values, unread.jti);
        }
        used = new ArrayList<>(memory.usesOf(ticket.jti));
        used.sort(Comparator.comparingLong(Bundle.Use::at));
        try {
            time();
            status();
            binding(token, proof);
            leg();
            sailing();
            product();
            hours();
            uses();
        } catch (Refused refusal) {
            return refused(refusal.getMessage(), refusal.values, ticket.jti);
        }
        if (ticket.category != null) note("category", values("category", bundle.categories.getOrDefault(ticket.category, ticket.category)));
        if (ticket.personal) note("personal", values());
        if (ticket.passengers > 1) note("group", values("count", ticket.passengers));
        boolean isPlain = notes.stream().allMatch(note -> note.get(0).equals("uses_left"));
        return told("accept", isPlain ? "ok" : "ok_attention", ticket.jti, kind, nonce, values(), notes);
    }

    private Map<String, Object> refused(String reason, Map<String, Object> values, String jti) {
        return told("refuse", reason, jti, null, null, values, List.of());
    }

    private Map<String, Object> told(String decision, String reason, String jti, String kind, String nonce, Map<String, Object> values, List<?> notes) {
        Map<String, Object> told = values("decision", decision, "reason", reason, "jti", jti, "leg", legAt);
        told.putAll(values("kind", kind, "nonce", nonce, "values", values, "notes", notes));
        return told;
    }

    static Map<String, Object> values(Object... pairs) {
        Map<String, Object> values = new LinkedHashMap<>();
        for (int at = 0; at < pairs.length; at += 2) values.put((String) pairs[at], pairs[at + 1]);
        return values;
    }

    private void note(String code, Map<String, Object> values) {
        notes.add(List.of(code, values));
    }

    private void time() throws Refused {
        if (now + bundle.leeway < ticket.notBefore) throw new Refused("not_yet_valid", values("seconds", ticket.notBefore - now));
        if (now - bundle.leeway < ticket.expiresAt) return;
        long late = 0;
        for (Ticket.Leg one : ticket.legs) {
            Bundle.Delay delay = delayOf(one);
            if (delay != null && one.end() != null) late = Math.max(late, delay.arrivals().getOrDefault(one.end(), 0L));
        }
        late = Math.min(86_400, late);
        if (now - bundle.leeway < ticket.expiresAt + late) {
            note("late", values("seconds", now - ticket.expiresAt));
            return;
        }
        Map<String, Object> values = values("seconds", now - ticket.expiresAt - late);
        long age = now - bundle.issuedAt;
        if (age > 120 && now < ticket.expiresAt + 86_400) values.put("known_seconds", age);
        throw new Refused("expired", values);
    }

    private void status() throws Refused {
        Bundle.StatusList list = bundle.lists.get(ticket.listUri);
        if (list != null) {
            Integer status = list.status(ticket.listIndex);
            if (status == null) throw new Refused("status_stale", values("index", ticket.listIndex));
            if (status > 0) throw new Refused(List.of("revoked", "suspended", "replaced").get(status - 1), values());
            if (now - list.issuedAt() <= bundle.maxStale && now < list.expiresAt() && now < bundle.expiresAt) return;
        }
        if (bundle.degrade.equals("fail_closed") || now >= bundle.expiresAt + 86_400) {
            throw new Refused("status_stale", list == null ? values() : values("seconds", now - list.issuedAt()));
        }
        note("stale_list", values());
    }

    private void binding(String token, String shown) throws Refused {
        Bundle.Rule rule = bundle.rules.get(ticket.product);
        if (shown == null) {
            boolean isNeeded = ticket.phone != null || rule != null && rule.binding().equals("required");
            if (isNeeded) throw new Refused("proof_missing", values());
            return;
        }
        Ticket.Proof proof = ticket.phone == null ? null : Ticket.proof(shown, token, ticket.phone);
        if (proof == null) throw new Refused("proof_invalid", values());
        if (!proof.audience().equals(gate.operator())) throw new Refused("proof_wrong_operator", values("operator", proof.audience()));
        if (!gate.clockIsSure()) throw new Refused("proof_expired", values("off", true));
        long ahead = proof.issuedAt() - now;
        if (ahead < -bundle.proofPast || ahead > bundle.proofFuture) {
            throw new Refused("proof_expired", values("difference", (ahead < 0 ? "" : "+") + ahead));
        }
        if (proofs.contains(List.of(ticket.jti, proof.nonce()))) throw new Refused("proof_replayed", values());
        nonce = proof.nonce();
    }

    private void leg() throws Refused {
        List<Integer> all = new ArrayList<>();
        for (int at = 0; at < ticket.legs.size(); at++) if (ticket.legs.get(at).operator().equals(gate.operator())) all.add(at);
        if (all.isEmpty()) {
            sentHere();
            return;
        }
        List<Integer> own = new ArrayList<>(all);
        if (gate.leg() != null) own.removeIf(at -> at != gate.leg().longValue());
        List<Integer> candidates = new ArrayList<>(own);
        candidates.removeIf(at -> !isHere(ticket.legs.get(at)));
        if (candidates.isEmpty() && mayBeElsewhere(own)) candidates = own;
        if (candidates.isEmpty()) {
            boolean hasZone = all.stream().anyMatch(at -> ticket.legs.get(at).end() == null);
            throw new Refused(hasZone ? "wrong_zone" : "wrong_leg", givenBack());
        }
        if (gate.trip() != null || gate.departure() != null) {
            Long named = namedSailing();
            List<Integer> fitting = new ArrayList<>(candidates);
            fitting.removeIf(at -> !Objects.equals(ticket.legs.get(at).departure(), named));
            if (!fitting.isEmpty()) candidates = fitting;
        }
        int chosen = candidates.get(0);
        for (int at : candidates) {
            if (hasUsesLeft(at)) {
                chosen = at;
                break;
            }
        }
        choose(chosen);
    }

    private void choose(int at) {
        leg = ticket.legs.get(at);
        legAt = (long) at;
    }

    private boolean hasUsesLeft(int at) {
        return ticket.usesPerLeg == 0 || used.stream().filter(use -> use.leg() == at && use.counts()).count() < ticket.usesPerLeg;
    }

    private void sentHere() throws Refused {
        for (int at = 0; at < ticket.legs.size(); at++) {
            if (isWaived(ticket.legs.get(at))) {
                choose(at);
                return;
            }
        }
        List<String> operators = new ArrayList<>(ticket.audience);
        operators.remove("-");
        Map<String, Object> values = values("operators", operators);
        values.putAll(givenBack());
        throw new Refused("wrong_audience", values);
    }

    private boolean isHere(Ticket.Leg one) {
        if (one.end() != null) return gate.stop() == null || one.start().equals(gate.stop());
        return gate.zone() == null ? gate.stop() == null : one.start().substring(2).contains(gate.zone());
    }

    private boolean mayBeElsewhere(List<Integer> own) {
        Bundle.Rule rule = bundle.rules.get(ticket.product);
        if (bundle.boarding.containsKey(ticket.product) || rule != null && rule.stops().equals("board")) return false;
        boolean checksOut = rule != null && rule.check().equals("in_out");
        boolean endsHere = gate.stop() != null && own.stream().anyMatch(at -> gate.stop().equals(ticket.legs.get(at).end()));
        return (checksOut || !endsHere) && givenBack().isEmpty();
    }

    private Map<String, Object> givenBack() {
        boolean isGone = ticket.legs.stream().anyMatch(one -> one.operator().equals("-") && one.start().equals(gate.stop()));
        return isGone ? values("given_back", true) : values();
    }

    private Bundle.Delay delayOf(Ticket.Leg one) {
        return one.departure() == null ? null : bundle.delays.get(new Bundle.Called(one.operator(), one.start(), one.departure()));
    }

    private Long namedSailing() {
        if (gate.departure() != null) return gate.departure() - gate.departure() % 60;
        Long nearest = null;
        for (Bundle.Call call : bundle.sailings.getOrDefault(gate.trip(), List.of())) {
            boolean isHere = gate.stop() == null || gate.stop().equals(call.stop());
            boolean isNearer = nearest == null || Math.abs(call.departure() - now) < Math.abs(nearest - now);
            if (isHere && isNearer) nearest = call.departure();
        }
        return nearest;
    }

    private boolean isWaived(Ticket.Leg one) {
        if (one.departure() == null) return false;
        Bundle.Called missed = new Bundle.Called(one.operator(), one.start(), one.departure());
        for (Bundle.Waiver waiver : bundle.waivers) {
            boolean isMeant = waiver.trips().contains(missed) && now < waiver.until() && waiver.operator().equals(gate.operator());
            isMeant &= waiver.tickets() == null || waiver.tickets().contains(ticket.jti);
            boolean goes = waiver.trip().equals("any") || waiver.trip().equals(gate.trip()) || callsNow(waiver.trip());
            if (isMeant && goes) {
                note("rerouted", values("departure", local(one.departure())));
                return true;
            }
        }
        return false;
    }

    private boolean callsNow(String trip) {
        if (gate.departure() == null) return false;
        long minute = gate.departure() - gate.departure() % 60;
        return bundle.sailings.getOrDefault(trip, List.of()).stream().anyMatch(call -> call.stop().equals(gate.stop()) && call.departure() == minute);
    }

    private void sailing() throws Refused {
        Bundle.Boarding rule = bundle.boarding.get(ticket.product);
        if (rule == null || !leg.operator().equals(gate.operator())) return;
        if (leg.departure() == null) {
            note("no_departure", values());
            return;
        }
        Long named = namedSailing();
        if (gate.trip() != null && named == null) note("unknown_sailing", values("trip", gate.trip()));
        Bundle.Delay delay = delayOf(leg);
        Refused refusal = null;
        if (named != null && !named.equals(leg.departure())) {
            refusal = new Refused("wrong_sailing", values("departure", local(leg.departure()), "boarding", local(named)));
        } else if (!gate.inspects()) refusal = outside(rule, delay);
        if (refusal != null && refusal.getMessage().equals("wrong_sailing") && isWaived(leg)) return;
        if (delay != null && delay.cancelled()) {
            note("cancelled", values("departure", local(leg.departure())));
            if (refusal != null) refusal.values.put("cancelled", true);
        }
        if (refusal != null) throw refusal;
    }

    private Refused outside(Bundle.Boarding rule, Bundle.Delay delay) {
        long opens = leg.departure() - rule.opens();
        if (now < opens) return new Refused("check_in_not_open", values("departure", local(leg.departure()), "opens", local(opens)));
        long expected = delay == null || delay.departsAt() == null ? leg.departure() : Math.max(leg.departure(), delay.departsAt());
        long closes = expected + rule.closes();
        return now > closes ? new Refused("wrong_sailing", values("departure", local(leg.departure()), "closed", local(closes))) : null;
    }

    private void product() throws Refused {
        Bundle.Rule rule = bundle.rules.get(ticket.product);
        if (rule == null) throw new Refused("product_not_accepted", values("product", ticket.product));
        if (!rule.classes().isEmpty() && (leg.travelClass() == null || !rule.classes().contains(leg.travelClass()))) {
            throw new Refused("wrong_class", values("class", leg.travelClass() == null ? "none" : leg.travelClass()));
        }
        if (ticket.demo && !bundle.acceptsDemo) throw new Refused("product_not_accepted", values("demo", true));
    }

    private void hours() throws Refused {
        Bundle.Rule rule = bundle.rules.get(ticket.product);
        if (rule.hours().isEmpty() && rule.days().isEmpty() || Usage.isWayOut(used, gate.direction(), rule)) return;
        long here = now + offsetAt(now);
        long second = Math.floorMod(here, 86_400);
        long weekday = Math.floorMod(Math.floorDiv(here, 86_400) + 3, 7) + 1;
        boolean inHours = rule.hours().isEmpty() || rule.hours().stream().anyMatch(span -> span[0] <= second && second < span[1]);
        boolean onDay = rule.days().isEmpty() || rule.days().contains(weekday);
        if (!inHours || !onDay) throw new Refused("outside_time_rule", values());
    }

    private long offsetAt(long moment) {
        long[] best = null;
        for (long[] pair : bundle.offsets) {
            boolean isLater = best == null || pair[0] > best[0] || pair[0] == best[0] && pair[1] > best[1];
            if (pair[0] <= moment && isLater) best = pair;
        }
        if (best == null && !bundle.offsets.isEmpty()) best = bundle.offsets.get(0);
        return best == null ? 0 : best[1];
    }

    private String local(long moment) {
        String text = OffsetDateTime.ofInstant(Instant.ofEpochSecond(moment), ZoneOffset.ofTotalSeconds((int) offsetAt(moment)))
                .format(java.time.format.DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ssxxxxx"));
        return text;
    }

    private void uses() throws Refused {
        Bundle.Rule rule = bundle.rules.get(ticket.product);
        List<Object> inTheWay = null;
        long strokes = 0;
        if (ticket.usesPerLeg != 0) inTheWay = Usage.otherOfTicket(memory, ticket.jti, legAt, used, now);
        else {
            strokes = memory.orderedOf(ticket.jti).strokes();
            if (!Usage.goesOut(used, gate.direction(), rule)) inTheWay = ride();
        }
        if (gate.inspects()) {
            kind = "inspection";
            if (inTheWay != null) notes.add(inTheWay);
            if (used.stream().noneMatch(use -> use.leg() == legAt)) note("no_use_known", values());
            return;
        }
        if (inTheWay != null) throw refusal(inTheWay);
        Usage usage = new Usage(used, legAt, now, gate, ticket, rule, strokes);
        List<Object> refusal = usage.refusal();
        if (refusal != null) throw refusal(refusal);
        kind = usage.kind;
        if (usage.note != null) note(usage.note, values());
        if (ticket.uses != null) note("uses_left", usage.left());
    }

    @SuppressWarnings("unchecked")
    private static Refused refusal(List<Object> said) {
        return new Refused((String) said.get(0), (Map<String, Object>) said.get(1));
    }

    private List<Object> ride() {
        Memory.Riding ride = gate.inspects() ? memory.toAskFor(ticket.jti, now) : memory.inTheWay(ticket.jti, now);
        if (ride == null) return null;
        Map<String, Object> values = values("departure", local(ride.departs()));
        if (ride.until() != null) values.put("until", local(ride.until()));
        return List.of("ride_of_an_order", values);
    }
}
