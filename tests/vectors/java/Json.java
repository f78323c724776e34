import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Strict JSON and base64url, as docs/validators.md says under "Reading texts". */
final class Json {
    static final class NotStrict extends Exception {
        NotStrict(String message) {
            super(message);
        }
    }

    /** Stands for an integer beyond every range. */
    static final Object BEYOND = new Object();
    private static final int DEEPEST = 64;
    private final String text;
    private int at;
    private int depth;

    private Json(String text) {
        this.text = text;
    }

    static Object read(String text) throws NotStrict {
        Json reader = new Json(text);
        reader.space();
        Object value = reader.value();
        reader.space();
        if (reader.at != text.length()) throw new NotStrict("text behind the value");
        return value;
    }

    @SuppressWarnings("unchecked")
    static Map<String, Object> object(byte[] bytes) throws NotStrict {
        String text;
        try {
            text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException error) {
            throw new NotStrict("not UTF-8");
        }
        Object value = read(text);
        if (!(value instanceof Map)) throw new NotStrict("not an object");
        return (Map<String, Object>) value;
    }

    static byte[] base64url(String text) throws NotStrict {
        if (!text.matches("[A-Za-z0-9_-]*") || !isCanonical(text)) throw new NotStrict("not base64url");
        return Base64.getUrlDecoder().decode(text);
    }

    static boolean isCanonical(String text) {
        int rest = text.length() % 4;
        if (rest == 0) return true;
        if (rest == 1) return false;
        return (rest == 2 ? "AQgw" : "AEIMQUYcgkosw048").indexOf(text.charAt(text.length() - 1)) >= 0;
    }

    static int letters(String text) {
        return text.codePointCount(0, text.length());
    }

    static String cut(String text, int most) {
        return letters(text) <= most ? text : text.substring(0, text.offsetByCodePoints(0, most));
    }

    private Object value() throws NotStrict {
        if (at >= text.length()) throw new NotStrict("no value");
        switch (text.charAt(at)) {
            case '{':
                return object();
            case '[':
                return list();
            case '"':
                return string();
            default:
                break;
        }
        if (word("true")) return Boolean.TRUE;
        if (word("false")) return Boolean.FALSE;
        if (word("null")) return null;
        return number();
    }

    private boolean word(String word) {
        if (!text.startsWith(word, at)) return false;
        at += word.length();
        return true;
    }

    private void enter() throws NotStrict {
        at++;
        if (++depth > DEEPEST) throw new NotStrict("too deep");
        space();
    }

    private Map<String, Object> object() throws NotStrict {
        Map<String, Object> found = new LinkedHashMap<>();
        enter();
        if (!take('}')) {
            do {
                space();
                if (at >= text.length() || text.charAt(at) != '"') throw new NotStrict("a name is missing");
                String name = string();
                if (found.containsKey(name)) throw new NotStrict("a name twice");
                space();
                if (!take(':')) throw new NotStrict("no colon");
                space();
                found.put(name, value());
                space();
            } while (take(','));
            if (!take('}')) throw new NotStrict("an object is not closed");
        }
        depth--;
        return found;
    }

    private List<Object> list() throws NotStrict {
        List<Object> found = new ArrayList<>();
        enter();
        if (!take(']')) {
            do {
                space();
                found.add(value());
                space();
            } while (take(','));
            if (!take(']')) throw new NotStrict("a list is not closed");
        }
        depth--;
        return found;
    }

    private String string() throws NotStrict {
        at++;
        StringBuilder found = new StringBuilder();
        for (;;) {
            if (at >= text.length()) throw new NotStrict("a text is not closed");
            char mark = text.charAt(at++);
            if (mark == '"') break;
            if (mark < 0x20) throw new NotStrict("a control character");
            found.append(mark == '\\' ? escape() : mark);
        }
        for (int unit = 0; unit < found.length(); unit++) {
            char mark = found.charAt(unit);
            boolean isPair = Character.isHighSurrogate(mark) && unit + 1 < found.length()
                    && Character.isLowSurrogate(found.charAt(unit + 1));
            if (isPair) unit++;
            else if (Character.isSurrogate(mark)) throw new NotStrict("half of a surrogate pair");
        }
        return found.toString();
    }

    private char escape() throws NotStrict {
        if (at >= text.length()) throw new NotStrict("a text is not closed");
        char mark = text.charAt(at++);
        int plain = "\"\\/bfnrt".indexOf(mark);
        if (plain >= 0) return "\"\\/\b\f\n\r\t".charAt(plain);
        String digits = mark == 'u' && at + 4 <= text.length() ? text.substring(at, at + 4) : "";
        if (!digits.matches("[0-9A-Fa-f]{4}")) throw new NotStrict("no escape");
        at += 4;
        return (char) Integer.parseInt(digits, 16);
    }

    private Object number() throws NotStrict {
        int start = at;
        take('-');
        int digits = at;
        while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') at++;
        boolean isLed = at - digits > 1 && text.charAt(digits) == '0';
        if (at == digits || isLed) throw new NotStrict("no number");
        if (at < text.length() && ".eE".indexOf(text.charAt(at)) >= 0) throw new NotStrict("not whole");
        return at - digits > 15 ? BEYOND : (Object) Long.valueOf(text.substring(start, at));
    }

    private void space() {
        while (at < text.length() && " \t\n\r".indexOf(text.charAt(at)) >= 0) at++;
    }

    private boolean take(char mark) {
        if (at >= text.length() || text.charAt(at) != mark) return false;
        at++;
        return true;
    }
}
