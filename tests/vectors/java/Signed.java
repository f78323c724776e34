import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.EdECPoint;
import java.security.spec.EdECPublicKeySpec;
import java.security.spec.NamedParameterSpec;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Signed texts and the keys that verify them, as docs/validators.md says under "Reading texts". */
final class Signed {
    /** A text that is not genuine; the message is the gate's reason. */
    static final class Refused extends Exception {
        Refused(String reason) {
            super(reason);
        }
    }

    static final class BadKey extends Exception {
        BadKey(String message) {
            super(message);
        }
    }

    record Key(String algorithm, PublicKey key) {}

    private static final Pattern SHAPE = Pattern.compile("([A-Za-z0-9_-]+)\\.([A-Za-z0-9_-]+)\\.[A-Za-z0-9_-]{85}[AQgw]");
    private static final List<String> PRIVATE = List.of("d", "p", "q", "dp", "dq", "qi", "oth", "k");
    private static final BigInteger ONE = BigInteger.ONE;
    private static final BigInteger TWO = BigInteger.TWO;
    private static final BigInteger P = TWO.pow(255).subtract(BigInteger.valueOf(19));
    private static final BigInteger D = BigInteger.valueOf(-121665).multiply(BigInteger.valueOf(121666).modInverse(P)).mod(P);

    private Signed() {}

    static byte[] verify(String text, String type, Map<String, Key> keys, int longest) throws Refused {
        Matcher shape = SHAPE.matcher(text);
        if (text.length() > longest || !shape.matches()) throw new Refused("malformed");
        String head = shape.group(1);
        if (head.length() > 256 || !Json.isCanonical(shape.group(2))) throw new Refused("malformed");
        Map<String, Object> header;
        try {
            header = Json.object(Json.base64url(head));
        } catch (Json.NotStrict error) {
            throw new Refused("malformed");
        }
        if (!type.equals(header.get("typ"))) throw new Refused("bad_type");
        boolean isExact = header.size() == 3 && header.get("alg") instanceof String && header.get("kid") instanceof String;
        if (!isExact) throw new Refused("malformed");
        String algorithm = (String) header.get("alg");
        if (!List.of("EdDSA", "ES256").contains(algorithm)) throw new Refused("bad_alg");
        Key key = keys.get((String) header.get("kid"));
        if (key == null) throw new Refused("unknown_key");
        if (!key.algorithm().equals(algorithm)) throw new Refused("bad_alg");
        try {
            if (!isSigned(text, key)) throw new Refused("bad_signature");
            return Json.base64url(shape.group(2));
        } catch (Json.NotStrict error) {
            throw new Refused("bad_signature");
        }
    }

    static boolean isSigned(String text, Key key) throws Json.NotStrict {
        int dot = text.lastIndexOf('.');
        byte[] mark = Json.base64url(text.substring(dot + 1));
        try {
            Signature verifier = Signature.getInstance(key.algorithm().equals("EdDSA") ? "Ed25519" : "SHA256withECDSAinP1363Format");
            verifier.initVerify(key.key());
            verifier.update(text.substring(0, dot).getBytes(StandardCharsets.US_ASCII));
            return verifier.verify(mark);
        } catch (GeneralSecurityException error) {
            return false;
        }
    }

    static Map<String, Key> keys(Object value) throws BadKey {
        Map<String, Object> set = new LinkedHashMap<>();
        set.put("keys", value);
        if (written(set) > 16_384) throw new BadKey("too large");
        if (!(value instanceof List<?> list) || list.isEmpty() || list.size() > 32) throw new BadKey("1 to 32 keys");
        Map<String, Key> keys = new LinkedHashMap<>();
        for (Object one : list) {
            if (!(one instanceof Map<?, ?> jwk)) throw new BadKey("an object");
            if (!(jwk.get("kid") instanceof String kid) || !kid.matches("[A-Za-z0-9_-]{1,64}")) throw new BadKey("kid");
            if (jwk.containsKey("use") && !"sig".equals(jwk.get("use"))) throw new BadKey("use");
            boolean mayVerify = !jwk.containsKey("key_ops") || jwk.get("key_ops") instanceof List<?> uses && uses.contains("verify");
            if (!mayVerify) throw new BadKey("key_ops");
            Key key = key(jwk);
            if (jwk.containsKey("alg") && !key.algorithm().equals(jwk.get("alg"))) throw new BadKey("alg");
            if (keys.put(kid, key) != null) throw new BadKey("kid twice");
        }
        return keys;
    }

    static Key key(Map<?, ?> jwk) throws BadKey {
        for (String name : PRIVATE) if (jwk.containsKey(name)) throw new BadKey("private");
        try {
            if ("OKP".equals(jwk.get("kty")) && "Ed25519".equals(jwk.get("crv"))) return edwards(coordinate(jwk, "x"));
            if ("EC".equals(jwk.get("kty")) && "P-256".equals(jwk.get("crv"))) {
                return p256(new BigInteger(1, coordinate(jwk, "x")), new BigInteger(1, coordinate(jwk, "y")));
            }
        } catch (GeneralSecurityException error) {
            throw new BadKey("not a key");
        }
        throw new BadKey("neither Ed25519 nor P-256");
    }

    private static byte[] coordinate(Map<?, ?> jwk, String name) throws BadKey {
        try {
            byte[] bytes = jwk.get(name) instanceof String text ? Json.base64url(text) : new byte[0];
            if (bytes.length != 32) throw new BadKey(name);
            return bytes;
        } catch (Json.NotStrict error) {
            throw new BadKey(name);
        }
    }

    private static Key edwards(byte[] encoded) throws BadKey, GeneralSecurityException {
        byte[] turned = new byte[32];
        for (int at = 0; at < 32; at++) turned[at] = encoded[31 - at];
        boolean isOdd = turned[0] < 0;
        BigInteger y = new BigInteger(1, turned).clearBit(255);
        if (y.compareTo(P) >= 0) throw new BadKey("beyond the field");
        BigInteger square = y.pow(2).subtract(ONE).multiply(D.multiply(y.pow(2)).add(ONE).modInverse(P)).mod(P);
        boolean hasRoot = square.modPow(P.subtract(ONE).shiftRight(1), P).equals(ONE);
        if (square.signum() == 0 || !hasRoot) throw new BadKey("no point");
        BigInteger t = y.pow(2).add(square).multiply(TWO.add(square).subtract(y.pow(2)).modInverse(P)).mod(P);
        if (t.signum() == 0 || t.equals(P.subtract(ONE))) throw new BadKey("small order");
        EdECPublicKeySpec spec = new EdECPublicKeySpec(NamedParameterSpec.ED25519, new EdECPoint(isOdd, y));
        return new Key("EdDSA", KeyFactory.getInstance("Ed25519").generatePublic(spec));
    }

    private static Key p256(BigInteger x, BigInteger y) throws BadKey, GeneralSecurityException {
        AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
        parameters.init(new ECGenParameterSpec("secp256r1"));
        ECParameterSpec spec = parameters.getParameterSpec(ECParameterSpec.class);
        BigInteger q = ((java.security.spec.ECFieldFp) spec.getCurve().getField()).getP();
        BigInteger right = x.pow(3).subtract(x.multiply(BigInteger.valueOf(3))).add(spec.getCurve().getB()).mod(q);
        boolean isPoint = x.compareTo(q) < 0 && y.compareTo(q) < 0 && y.pow(2).mod(q).equals(right);
        if (!isPoint) throw new BadKey("not on the curve");
        return new Key("ES256", KeyFactory.getInstance("EC").generatePublic(new ECPublicKeySpec(new ECPoint(x, y), spec)));
    }

    /** The characters of a value on one line, with a space behind each comma and colon, and ASCII alone. */
    private static int written(Object value) {
        if (value instanceof String text) {
            int sum = 2;
            for (char unit : text.toCharArray()) sum += unit > 0x7e ? 6 : unit == '"' || unit == '\\' ? 2 : 1;
            return sum;
        }
        int sum = 2;
        if (value instanceof List<?> list) {
            for (Object one : list) sum += written(one) + 2;
            return list.isEmpty() ? sum : sum - 2;
        }
        if (value instanceof Map<?, ?> map) {
            for (Map.Entry<?, ?> one : map.entrySet()) sum += written(one.getKey()) + 2 + written(one.getValue()) + 2;
            return map.isEmpty() ? sum : sum - 2;
        }
        return String.valueOf(value).length();
    }
}
