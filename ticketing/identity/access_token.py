"""Access tokens of people: a short JWT (`at+jwt`, RFC 9068) under a secret of this deployment."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import jwt

from ticketing.errors import NotAuthenticated
from ticketing.identity.mac_secrets import MacSecrets

LIFE = timedelta(minutes=15)
TYPE = "at+jwt"
_ALGORITHM = "HS256"
# A token that was opened: its header and its payload.
_Decoded = Mapping[str, Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Caller:
    """A person who calls, in one of their sessions."""

    person_id: str
    session_id: str


class AccessTokens:
    """Issues and checks access tokens; the issuer is their audience too, since nobody else reads them."""

    def __init__(self, secrets: MacSecrets, issuer: str) -> None:
        self._secrets = secrets
        self._issuer = issuer

    def issue(self, caller: Caller, now: datetime) -> str:
        """Sign a token that lives for a quarter of an hour."""
        claims = {
            "iss": self._issuer,
            "aud": self._issuer,
            "sub": caller.person_id,
            "sid": caller.session_id,
            "jti": secrets.token_urlsafe(16),
            "iat": int(now.timestamp()),
            "exp": int((now + LIFE).timestamp()),
        }
        return jwt.encode(claims, self._secrets.issuing, algorithm=_ALGORITHM, headers={"typ": TYPE})

    def read(self, token: str, now: datetime) -> Caller:
        """Check a token; raises NotAuthenticated for one that is another kind's, changed, or over."""
        decoded = self._decoded(token)
        claims = decoded["payload"]
        if str(decoded["header"].get("typ", "")).lower() != TYPE:
            raise NotAuthenticated("the access token is not valid")
        # Against our own clock, which tests move: PyJWT would take the machine's.
        if not isinstance(claims["exp"], int) or datetime.fromtimestamp(claims["exp"], UTC) <= now:
            raise NotAuthenticated("the access token has expired; refresh it")
        if not isinstance(claims["sub"], str) or not isinstance(claims["sid"], str):
            raise NotAuthenticated("the access token is not valid")
        return Caller(claims["sub"], claims["sid"])

    def _decoded(self, token: str) -> _Decoded:
        for secret in self._secrets.accepted:
            try:
                return self._opened(token, secret)
            except jwt.InvalidSignatureError:
                continue
            except (jwt.PyJWTError, RecursionError) as error:
                raise NotAuthenticated("the access token is not valid") from error
        raise NotAuthenticated("the access token is not valid")

    def _opened(self, token: str, secret: bytes) -> _Decoded:
        opened: _Decoded = jwt.decode_complete(
            token,
            secret,
            algorithms=[_ALGORITHM],
            audience=self._issuer,
            issuer=self._issuer,
            options={
                "require": ["exp", "iat", "sub", "sid"],
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
        return opened
