import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Decide every line of the vectors, print each difference: `java Verifier cases.jsonl scenes.jsonl bundles.jsonl`. */
public final class Verifier {
    private static final List<String> COMPARED = List.of("decision", "reason", "jti", "leg", "kind", "nonce", "values", "notes");
    private static final Map<String, Bundle> OPENED = new HashMap<>();

    private Verifier() {}

    public static void main(String[] files) throws IOException, Json.NotStrict, Bundle.Bad {
        int differences = 0;
        for (String file : files) {
            List<String> lines = Files.readAllLines(Path.of(file));
            for (String text : lines) {
                Map<?, ?> line = (Map<?, ?>) Json.read(text);
                Map<?, ?> expected = (Map<?, ?>) line.get("expected");
                Object found = expected.containsKey("opens") ? (Object) opens(line) : decided(line);
                Object wanted = expected.containsKey("opens") ? expected.get("opens") : compared(expected);
                if (found.equals(wanted)) continue;
                differences++;
                if (differences <= 20) System.out.println(line.get("name") + "\n  expected " + wanted + "\n  found    " + found);
            }
            System.out.println(Path.of(file).getFileName() + ": " + lines.size() + " lines");
        }
        System.exit(differences == 0 ? 0 : 1);
    }

    private static Map<String, Object> compared(Map<?, ?> expected) {
        Map<String, Object> some = new HashMap<>();
        for (String name : COMPARED) some.put(name, expected.get(name));
        return some;
    }

    private static boolean opens(Map<?, ?> line) {
        try {
            Bundle.open((String) line.get("bundle"), trust(line));
            return true;
        } catch (Bundle.Bad error) {
            return false;
        }
    }

    private static Object trust(Map<?, ?> line) {
        return ((Map<?, ?>) line.get("trust")).get("keys");
    }

    private static Map<String, Object> decided(Map<?, ?> line) throws Bundle.Bad {
        String text = (String) line.get("bundle");
        Bundle bundle = OPENED.get(text);
        if (bundle == null) OPENED.put(text, bundle = Bundle.open(text, trust(line)));
        Set<Bundle.Use> seen = new LinkedHashSet<>();
        for (Object one : (List<?>) line.get("seen")) seen.add(use((Map<?, ?>) one));
        Set<List<String>> proofs = new HashSet<>();
        for (Object one : (List<?>) line.get("proofs")) {
            proofs.add(List.of((String) ((Map<?, ?>) one).get("jti"), (String) ((Map<?, ?>) one).get("nonce")));
        }
        Memory memory = new Memory(List.of((Collection<Bundle.Use>) bundle.uses, seen), bundle.ordered);
        String shown = (String) line.get("token");
        String proof = (String) line.get("proof");
        int tilde = proof == null ? shown.indexOf('~') : -1;
        String token = tilde < 0 ? shown : shown.substring(0, tilde);
        if (tilde >= 0) proof = shown.substring(tilde + 1);
        Decision decision = new Decision(bundle, gate((Map<?, ?>) line.get("gate")), seconds(line.get("at")), memory, proofs);
        return new HashMap<>(decision.decide(token, proof));
    }

    private static Bundle.Use use(Map<?, ?> row) {
        String kind = row.containsKey("kind") ? (String) row.get("kind") : "ride";
        return new Bundle.Use((String) row.get("jti"), (Long) row.get("leg"), (Long) row.get("ts"), (String) row.get("gate"), kind);
    }

    private static Decision.Gate gate(Map<?, ?> row) {
        Long departure = row.get("departure") == null ? null : (Long) seconds(row.get("departure"));
        return new Decision.Gate((String) row.get("operator"), (String) row.get("stop_id"), (Long) row.get("leg"), (String) row.get("id"),
                (String) row.get("zone"), (String) row.get("direction"), Boolean.TRUE.equals(row.get("inspect")),
                !Boolean.FALSE.equals(row.get("clock_is_sure")), (String) row.get("trip_id"), departure);
    }

    private static long seconds(Object moment) {
        return OffsetDateTime.parse((String) moment).toEpochSecond();
    }
}
