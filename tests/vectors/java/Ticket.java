import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A ticket's claims and a phone's proof, as docs/validators.md says under "Reading a ticket". */
final class Ticket {
    /** A code that cannot be decided about further; `jti` may be null. */
    static final class Unread extends Exception {
        final String jti;
        final Map<String, Object> values = new LinkedHashMap<>();
        List<String> givenBack = List.of();

        Unread(String reason, String jti) {
            super(reason);
            this.jti = jti;
        }
    }

    private static final class Wrong extends Exception {
        Wrong(String claim) {
            super(claim);
        }
    }

    record Leg(String operator, String start, String end, String travelClass, Long departure) {}

    record Proof(long issuedAt, String audience, String nonce) {}

    private static final List<String> NEEDED = List.of("iss", "aud", "jti", "iat", "nbf", "exp", "v", "p", "l", "n", "status");
    String jti;
    List<String> audience = new ArrayList<>();
    long notBefore;
    long expiresAt;
    String product;
    final List<Leg> legs = new ArrayList<>();
    long passengers;
    long usesPerLeg = 1;
    Long uses;
    String category;
    String listUri;
    long listIndex;
    Signed.Key phone;
    boolean demo;
    boolean personal;

    static Ticket read(String token, Bundle bundle, String operator) throws Unread {
        Map<String, Object> payload;
        try {
            payload = Json.object(Signed.verify(token, "ticket+jwt", bundle.keys, 2_048));
        } catch (Signed.Refused error) {
            throw new Unread(error.getMessage(), null);
        } catch (Json.NotStrict error) {
            throw new Unread("bad_claims", null);
        }
        String jti = isId(payload.get("jti"), 22) ? (String) payload.get("jti") : null;
        if (!bundle.issuer.equals(payload.get("iss"))) throw new Unread("wrong_issuer", jti);
        if (payload.get("aud") instanceof List<?> audience) refuseStrangers(payload, audience, bundle, operator, jti);
        try {
            return new Ticket(payload);
        } catch (Wrong wrong) {
            Unread unread = new Unread("bad_claims", jti);
            unread.values.put("claim", Json.cut(wrong.getMessage(), 20));
            throw unread;
        }
    }

    private static void refuseStrangers(Map<String, Object> payload, List<?> audience, Bundle bundle, String operator, String jti) throws Unread {
        List<String> codes = new ArrayList<>();
        for (Object one : audience) if (one instanceof String code) codes.add(code);
        boolean isKnown = codes.contains(operator);
        for (String code : codes) isKnown |= bundle.guests.contains(code);
        if (isKnown) return;
        Unread unread = new Unread("wrong_audience", jti);
        List<String> good = new ArrayList<>();
        for (String code : codes.subList(0, Math.min(8, codes.size()))) if (!code.equals("-")) good.add(Json.cut(code, 12));
        unread.values.put("operators", good);
        List<String> stops = new ArrayList<>();
        List<?> legs = payload.get("l") instanceof List<?> list ? list : List.of();
        for (Object one : legs.subList(0, Math.min(8, legs.size()))) {
            if (one instanceof List<?> leg && leg.size() > 1 && "-".equals(leg.get(0)) && leg.get(1) instanceof String stop) stops.add(stop);
        }
        unread.givenBack = stops;
        throw unread;
    }

    private Ticket(Map<String, Object> payload) throws Wrong {
        for (Map.Entry<String, Object> one : payload.entrySet()) {
            if (!fits(one.getKey(), one.getValue())) throw new Wrong(one.getKey());
        }
        for (String name : NEEDED) if (!payload.containsKey(name)) throw new Wrong(name);
        notBefore = (Long) payload.get("nbf");
        expiresAt = (Long) payload.get("exp");
        if (notBefore < (Long) payload.get("iat") - 30) throw new Wrong("nbf");
        if (!(notBefore < expiresAt && expiresAt <= notBefore + 31_622_400)) throw new Wrong("exp");
        for (Object code : (List<?>) payload.get("aud")) audience.add((String) code);
        Set<String> operators = new HashSet<>();
        for (Object one : (List<?>) payload.get("l")) {
            legs.add(leg((List<?>) one));
            operators.add((String) ((List<?>) one).get(0));
        }
        if (!operators.equals(new HashSet<>(audience))) throw new Wrong("aud");
        if (payload.get("cnf") instanceof Map<?, ?> confirmation) {
            try {
                phone = Signed.key((Map<?, ?>) confirmation.get("jwk"));
            } catch (Signed.BadKey error) {
                throw new Wrong("cnf");
            }
        }
        jti = (String) payload.get("jti");
        product = (String) payload.get("p");
        passengers = (Long) payload.get("n");
        if (payload.containsKey("u")) usesPerLeg = (Long) payload.get("u");
        uses = (Long) payload.get("c");
        category = (String) payload.get("cat");
        Map<?, ?> located = (Map<?, ?>) ((Map<?, ?>) payload.get("status")).get("status_list");
        listUri = (String) located.get("uri");
        listIndex = (Long) located.get("idx");
        demo = payload.containsKey("demo");
        personal = payload.containsKey("idh");
    }

    private static Leg leg(List<?> row) {
        String end = row.size() > 2 ? (String) row.get(2) : null;
        String fourth = row.size() > 3 ? (String) row.get(3) : "";
        int mark = fourth.indexOf('@');
        String travelClass = mark < 0 ? fourth : fourth.substring(0, mark);
        Long departure = mark < 0 ? null : (Long) (Long.parseLong(fourth.substring(mark + 1), 36) * 60);
        return new Leg((String) row.get(0), (String) row.get(1), end, travelClass.isEmpty() ? null : travelClass, departure);
    }

    private static boolean fits(String name, Object value) {
        switch (name) {
            case "iss":
                return isText(value, 40);
            case "aud":
                return isList(value, 1, 8) && areCodes((List<?>) value);
            case "jti", "idh":
                return isId(value, 22);
            case "iat", "nbf", "exp":
                return isWhole(value, 1, Bundle.TIME);
            case "v":
                return isWhole(value, 1, 1);
            case "p":
                return isText(value, 12);
            case "l":
                return isList(value, 1, 8) && ((List<?>) value).stream().allMatch(Ticket::isLeg);
            case "n":
                return isWhole(value, 1, 99);
            case "u":
                return isWhole(value, 0, 99);
            case "c":
                return isWhole(value, 1, 999);
            case "cat":
                return isText(value, 4);
            case "cnf":
                return isConfirmation(value);
            case "status":
                return isStatus(value);
            case "demo":
                return Boolean.TRUE.equals(value);
            default:
                return false;
        }
    }

    private static boolean isText(Object value, int longest) {
        return value instanceof String text && !text.isEmpty() && Json.letters(text) <= longest;
    }

    private static boolean isWhole(Object value, long low, long high) {
        return value instanceof Long number && low <= number && number <= high;
    }

    private static boolean isList(Object value, int low, int high) {
        return value instanceof List<?> list && low <= list.size() && list.size() <= high;
    }

    private static boolean isId(Object value, int length) {
        return value instanceof String text && text.matches("[A-Za-z0-9_-]{" + length + "}");
    }

    private static boolean areCodes(List<?> codes) {
        return codes.stream().allMatch(code -> isText(code, 12)) && new HashSet<>(codes).size() == codes.size();
    }

    private static boolean isLeg(Object value) {
        if (!isList(value, 2, 4)) return false;
        List<?> leg = (List<?>) value;
        if (!leg.stream().allMatch(part -> isText(part, 40)) || !isText(leg.get(0), 12)) return false;
        if (leg.size() == 2) return ((String) leg.get(1)).startsWith("z:");
        return leg.size() == 3 || ((String) leg.get(3)).matches("[^@]*(@[0-9a-z]{1,7})?");
    }

    private static boolean isStatus(Object value) {
        if (!(value instanceof Map<?, ?> status) || status.size() != 1) return false;
        if (!(status.get("status_list") instanceof Map<?, ?> located) || located.size() != 2) return false;
        return isWhole(located.get("idx"), 0, 4_294_967_295L) && isText(located.get("uri"), 80);
    }

    private static boolean isConfirmation(Object value) {
        if (!(value instanceof Map<?, ?> confirmation) || confirmation.size() != 1) return false;
        if (!(confirmation.get("jwk") instanceof Map<?, ?> jwk) || jwk.size() != 4) return false;
        boolean isCurve = "EC".equals(jwk.get("kty")) && "P-256".equals(jwk.get("crv"));
        return isCurve && jwk.get("x") instanceof String x && Json.letters(x) == 43 && jwk.get("y") instanceof String y && Json.letters(y) == 43;
    }

    static Proof proof(String proof, String token, Signed.Key phone) {
        String[] parts = proof.split("\\.", -1);
        boolean hasShape = proof.length() <= 600 && parts.length == 3 && parts[2].length() == 86 && !parts[0].isEmpty() && !parts[1].isEmpty();
        if (!hasShape) return null;
        try {
            Map<String, Object> header = Json.object(Json.base64url(parts[0]));
            if (!header.equals(Map.of("alg", "ES256", "typ", "ticket-kb+jwt")) || !Signed.isSigned(proof, phone)) return null;
            Map<String, Object> payload = Json.object(Json.base64url(parts[1]));
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(token.substring(0, token.lastIndexOf('.')).getBytes(StandardCharsets.US_ASCII));
            String hash = Base64.getUrlEncoder().withoutPadding().encodeToString(Arrays.copyOf(digest, 16));
            boolean isWhole = payload.size() == 4 && isWhole(payload.get("iat"), 0, Bundle.TIME) && isId(payload.get("n"), 11);
            if (!isWhole || !(payload.get("aud") instanceof String audience) || !hash.equals(payload.get("th"))) return null;
            return new Proof((Long) payload.get("iat"), audience, (String) payload.get("n"));
        } catch (Json.NotStrict | GeneralSecurityException error) {
            return null;
        }
    }
}
