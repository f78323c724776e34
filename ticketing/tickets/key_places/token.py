"""Private keys in a hardware token (PKCS#11), which makes them, signs with them and never gives them out.

A session is shared by all key stores of a process, and opened anew in a forked one (PKCS#11 3.1, section 5.4). Its user
logs in once; a wrong PIN is not tried again, because tokens lock after a few.
"""

import hashlib
import os
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn, TypeVar

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from throughfare_gate.tickets.jwk import Algorithm, PublicKey, thumbprint
from throughfare_gate.tickets.jws import PrivateKey
from ticketing.errors import Misconfigured
from ticketing.tickets.key_places import NewKey
from ticketing.token_settings import TokenSettings

T = TypeVar("T")

# id-Ed25519 (RFC 8410) and prime256v1 (RFC 5480) as DER, which CKA_EC_PARAMS takes.
_CURVES: dict[Algorithm, bytes] = {
    "EdDSA": bytes.fromhex("06032b6570"),
    "ES256": bytes.fromhex("06082a8648ce3d030107"),
}
_COORDINATE_BYTES = 32
_OCTET_STRING = 0x04


class _Sessions:
    """The open sessions of this process by their token, and the lock that lets one thread at a time ask."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Begin without sessions, as a forked process does; a lock may have been held at the fork."""
        self._lock = threading.RLock()
        self.renew()

    def renew(self) -> None:
        """Open every session anew, since a token may have lost ours. Nobody asks it meanwhile."""
        with self._lock:
            self._open: dict[TokenSettings, Any] = {}
            self._initialised: set[str] = set()

    @contextmanager
    def of(self, settings: TokenSettings) -> Iterator[Any]:
        """Give the session of a token to one thread."""
        with self._lock:
            if settings not in self._open:
                self._open[settings] = self._opened(settings)
            yield self._open[settings]

    def _opened(self, settings: TokenSettings) -> Any:
        pkcs11, module = _pkcs11(), str(settings.module)
        try:
            library = pkcs11.lib(module)
            if module not in self._initialised:
                library.reinitialize()
                self._initialised.add(module)
            token = library.get_token(token_label=settings.label)
        except (pkcs11.NoSuchToken, pkcs11.TokenNotPresent):
            raise Misconfigured(
                f"THROUGHFARE_PKCS11_TOKEN: {settings.module} knows no token {settings.label!r}"
            ) from None
        except pkcs11.MultipleTokensReturned:
            raise Misconfigured(
                f"THROUGHFARE_PKCS11_TOKEN: there are several tokens {settings.label!r}"
            ) from None
        except (pkcs11.PKCS11Error, RuntimeError, OSError) as error:
            raise Misconfigured(
                f"THROUGHFARE_PKCS11_MODULE: {settings.module} cannot be used ({_named(error)})"
            ) from error
        try:
            return token.open(rw=True, user_pin=settings.pin)
        except (pkcs11.PinIncorrect, pkcs11.PinInvalid, pkcs11.PinLenRange, pkcs11.PinLocked) as error:
            raise Misconfigured(
                f"THROUGHFARE_PKCS11_PIN does not open the token {settings.label!r} ({_named(error)})"
            ) from None
        except pkcs11.PKCS11Error as error:
            raise _refused(settings, error) from error


_SESSIONS = _Sessions()
os.register_at_fork(after_in_child=_SESSIONS.forget)


def renew_sessions() -> None:
    """Open each session anew when it is next needed."""
    _SESSIONS.renew()


class HardwareToken:
    """The private keys of one token. Each has a random id there, which the index of keys keeps beside its kid."""

    algorithm: Algorithm = "ES256"

    def __init__(self, settings: TokenSettings) -> None:
        self._settings = settings

    def make(self, kind: str, algorithm: Algorithm) -> NewKey:
        """Make a key in the token, which cannot be read out of it."""
        pkcs11, token_id = _pkcs11(), secrets.token_bytes(16)
        attribute, flags = pkcs11.Attribute, pkcs11.MechanismFlag

        def generate(session: Any) -> Any:
            kinds = pkcs11.KeyType
            parameters = session.create_domain_parameters(
                kinds.EC_EDWARDS if algorithm == "EdDSA" else kinds.EC,
                {attribute.EC_PARAMS: _CURVES[algorithm]},
                local=True,
            )
            return parameters.generate_keypair(
                store=True,
                id=token_id,
                label=f"throughfare {kind}",
                capabilities=flags.SIGN | flags.VERIFY,
                private_template={attribute.EXTRACTABLE: False, attribute.SENSITIVE: True},
            )

        try:
            public, private = self._ask(generate, tries=1)
        except (pkcs11.MechanismInvalid, pkcs11.DomainParamsInvalid, pkcs11.AttributeValueInvalid):
            raise Misconfigured(
                f"the token {self._settings.label!r} makes no keys for {algorithm}; "
                "`throughfare keys rotate --algorithm ES256` is what nearly every token knows"
            ) from None
        if private[attribute.EXTRACTABLE]:
            self.destroy("", token_id.hex())
            raise Misconfigured(f"the token {self._settings.label!r} makes keys that can be read out of it")
        key = _public(bytes(public[attribute.EC_POINT]))
        return NewKey(thumbprint(key), _private(key, token_id, self._sign), token_id.hex())

    def open(self, kid: str, token_id: str) -> PrivateKey:
        """Look a key up, with both of its halves."""
        pkcs11, name = _pkcs11(), bytes.fromhex(token_id)

        def look(session: Any) -> bytes:
            session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, id=name)
            public = session.get_key(object_class=pkcs11.ObjectClass.PUBLIC_KEY, id=name)
            return bytes(public[pkcs11.Attribute.EC_POINT])

        try:
            key = _public(self._ask(look))
        except (pkcs11.NoSuchKey, pkcs11.MultipleObjectsReturned):
            raise Misconfigured(
                f"THROUGHFARE_PKCS11_TOKEN: the key {kid} is not in the token {self._settings.label!r}"
            ) from None
        if thumbprint(key) != kid:
            raise Misconfigured(
                f"THROUGHFARE_PKCS11_TOKEN: the key {kid} in the token {self._settings.label!r} is another key"
            )
        return _private(key, name, self._sign)

    def destroy(self, kid: str, token_id: str) -> None:
        """Delete both halves of a key."""
        pkcs11 = _pkcs11()

        def delete(session: Any) -> None:
            for held in list(session.get_objects({pkcs11.Attribute.ID: bytes.fromhex(token_id)})):
                held.destroy()

        self._ask(delete)

    def _sign(self, name: bytes, content: bytes, algorithm: Algorithm) -> bytes:
        pkcs11 = _pkcs11()
        mechanism = pkcs11.Mechanism.EDDSA if algorithm == "EdDSA" else pkcs11.Mechanism.ECDSA

        def sign(session: Any) -> bytes:
            private = session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, id=name)
            return bytes(private.sign(content, mechanism=mechanism))

        try:
            return self._ask(sign)
        except pkcs11.NoSuchKey:
            raise Misconfigured(
                f"THROUGHFARE_PKCS11_TOKEN: a signing key has gone from the token {self._settings.label!r}"
            ) from None

    def _ask(self, question: Callable[[Any], T], *, tries: int = 2) -> T:
        """Ask the token; once more with a new session where it has lost ours. Raises Misconfigured where it is away."""
        pkcs11 = _pkcs11()
        answers = (
            pkcs11.NoSuchKey,
            pkcs11.MultipleObjectsReturned,
            pkcs11.MechanismInvalid,
            pkcs11.DomainParamsInvalid,
            pkcs11.AttributeValueInvalid,
        )
        while True:
            tries -= 1
            try:
                with _SESSIONS.of(self._settings) as session:
                    return question(session)
            except answers:
                raise
            except pkcs11.PKCS11Error as error:
                _SESSIONS.renew()
                if not tries:
                    raise _refused(self._settings, error) from error


class _Held:
    """The part that keys of both algorithms share: nothing private leaves the token."""

    def private_bytes(self, *_: object, **__: object) -> NoReturn:
        raise UnsupportedAlgorithm("the key cannot be read out of its token")

    private_bytes_raw = private_numbers = exchange = private_bytes

    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, _memo: object) -> Any:
        return self


class _EllipticKey(_Held, ec.EllipticCurvePrivateKey):
    """A P-256 key of a token."""

    def __init__(self, public: ec.EllipticCurvePublicKey, sign: Callable[[bytes], bytes]) -> None:
        self._public, self._sign = public, sign

    def public_key(self) -> ec.EllipticCurvePublicKey:
        return self._public

    @property
    def curve(self) -> ec.EllipticCurve:
        return self._public.curve

    @property
    def key_size(self) -> int:
        return self._public.key_size

    def sign(self, data: Any, signature_algorithm: ec.EllipticCurveSignatureAlgorithm) -> bytes:
        """Sign as the library's own keys do: in DER, by SHA-256."""
        raw = self._sign(hashlib.sha256(data).digest())
        r, s = raw[:_COORDINATE_BYTES], raw[_COORDINATE_BYTES:]
        return encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))


class _EdwardsKey(_Held, Ed25519PrivateKey):
    """An Ed25519 key of a token."""

    def __init__(self, public: Ed25519PublicKey, sign: Callable[[bytes], bytes]) -> None:
        self._public, self._sign = public, sign

    def public_key(self) -> Ed25519PublicKey:
        return self._public

    def sign(self, data: Any) -> bytes:
        return self._sign(bytes(data))


def _private(public: PublicKey, name: bytes, sign: Callable[[bytes, bytes, Algorithm], bytes]) -> PrivateKey:
    if isinstance(public, Ed25519PublicKey):
        return _EdwardsKey(public, lambda content: sign(name, content, "EdDSA"))
    return _EllipticKey(public, lambda content: sign(name, content, "ES256"))


def _public(point: bytes) -> PublicKey:
    """Read CKA_EC_POINT: an octet string, which some tokens leave out."""
    if len(point) > 2 and point[0] == _OCTET_STRING and point[1] == len(point) - 2:  # noqa: PLR2004  tag and length
        point = point[2:]
    if len(point) == _COORDINATE_BYTES:
        return Ed25519PublicKey.from_public_bytes(point)
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)


def _refused(settings: TokenSettings, error: Exception) -> Misconfigured:
    return Misconfigured(f"THROUGHFARE_PKCS11_TOKEN: the token {settings.label!r} refuses ({_named(error)})")


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".rstrip(": ")


def _pkcs11() -> Any:
    try:
        import pkcs11  # noqa: PLC0415  an extra
    except ImportError:
        raise Misconfigured(
            "THROUGHFARE_KEYS=pkcs11 needs python-pkcs11: pip install 'throughfare[pkcs11]' brings it"
        ) from None
    return pkcs11
