import java.util.List;
import java.util.Map;

/** The step "Uses" of docs/validators.md: the kind of one more use, or the refusal. */
final class Usage {
    private final List<Bundle.Use> used;
    private final List<Bundle.Use> counted;
    private final long leg;
    private final long now;
    private final Decision.Gate gate;
    private final Ticket ticket;
    private final Bundle.Rule rule;
    private final long strokes;
    String kind = "ride";
    String note;

    Usage(List<Bundle.Use> used, long leg, long now, Decision.Gate gate, Ticket ticket, Bundle.Rule rule, long strokes) {
        this.used = used;
        this.counted = used.stream().filter(Bundle.Use::counts).toList();
        this.leg = leg;
        this.now = now;
        this.gate = gate;
        this.ticket = ticket;
        this.rule = rule;
        this.strokes = strokes;
    }

    static boolean goesOut(List<Bundle.Use> used, String direction, Bundle.Rule rule) {
        return rule.check().equals("in_out") && !"in".equals(direction) && isInside(used);
    }

    static boolean isWayOut(List<Bundle.Use> used, String direction, Bundle.Rule rule) {
        return goesOut(used, direction, rule) || rule.check().equals("in_out") && "out".equals(direction);
    }

    static boolean isInside(List<Bundle.Use> used) {
        return !used.isEmpty() && last(used).kind().equals("in");
    }

    private static <T> T last(List<T> all) {
        return all.get(all.size() - 1);
    }

    static List<Object> otherOfTicket(Memory memory, String jti, long leg, List<Bundle.Use> used, long now) {
        if (used.stream().anyMatch(use -> use.leg() == leg)) return null;
        Bundle.Use use = memory.useInTheWay(jti, leg, now);
        return use == null ? null : List.of("pass_on_another_ride", values(use, now));
    }

    private static Map<String, Object> values(Bundle.Use use, long now) {
        Map<String, Object> values = Decision.values("seconds", now - use.at());
        if (isNamed(use)) values.put("gate", use.gate());
        return values;
    }

    private static boolean isNamed(Bundle.Use use) {
        return use.gate() != null && !use.gate().isEmpty() && !use.gate().matches("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
    }

    private boolean isTooNear(Bundle.Use use) {
        boolean isSameGate = use.gate() != null && (use.gate().equals(gate.id()) || use.gate().equals(gate.stop()));
        return now - use.at() < rule.passback() && !isSameGate;
    }

    private List<Object> passback(Bundle.Use use) {
        return List.of("passback", isNamed(use) ? Decision.values("gate", use.gate()) : Decision.values());
    }

    /** The refusal; null where there is none, and `kind` and `note` are known. */
    List<Object> refusal() {
        if (isWayOut(used, gate.direction(), rule)) {
            if (gate.direction() == null && isTooNear(last(used))) return passback(last(used));
            kind = "out";
            note = isInside(used) ? null : "no_check_in";
            return null;
        }
        if (rule.window() != null && !counted.isEmpty() && now >= counted.get(0).at() + rule.window()) {
            return List.of("expired", values(counted.get(0), now));
        }
        if (isTransfer()) {
            if (isTooNear(last(used))) return passback(last(used));
            kind = "transfer";
            note = "transfer";
            return null;
        }
        List<Bundle.Use> same = counted.stream().filter(use -> use.leg() == leg).toList();
        if (ticket.usesPerLeg != 0 && same.size() >= ticket.usesPerLeg) return List.of("already_used", values(last(same), now));
        if (!same.isEmpty() && isTooNear(last(same))) return passback(last(same));
        if (ticket.uses != null && counted.size() + strokes >= ticket.uses) {
            return List.of("uses_exhausted", counted.isEmpty() ? Decision.values() : Decision.values("count", ticket.uses));
        }
        if (rule.check().equals("in_out")) {
            kind = "in";
            note = isInside(used) ? "no_check_out" : null;
        }
        return null;
    }

    private boolean isTransfer() {
        if (rule.transferSeconds() == 0 || counted.isEmpty() || now >= last(counted).at() + rule.transferSeconds()) return false;
        if (rule.transfers() == null) return true;
        List<Bundle.Use> since = used.subList(used.indexOf(last(counted)), used.size());
        return since.stream().filter(use -> use.kind().equals("transfer")).count() < rule.transfers();
    }

    Map<String, Object> left() {
        long counts = kind.equals("ride") || kind.equals("in") ? 1 : 0;
        return Decision.values("left", Math.max(0, ticket.uses - counted.size() - strokes - counts), "count", ticket.uses);
    }
}
