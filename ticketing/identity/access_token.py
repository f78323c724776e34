"""Access tokens of people: a short JWT (`at+jwt`, RFC 9068) under a secret of this deployment."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt

from ticketing.errors import NotAuthenticated
from ticketing.identity.secret_file import read_or_make

LIFE = timedelta(minutes=15)
TYPE = "at+jwt"
_ALGORITHM = "HS256"


@dataclass(frozen=True, slots=True)
class Caller:
    """A person who calls, in one of their sessions."""

    person_id: str
    session_id: str


class AccessTokens:
    """Issues and checks access tokens; the issuer is their audience too, since nobody else reads them."""

    def __init__(self, secret: bytes, issuer: str) -> None:
        self._secret = secret
        self._issuer = issuer

    @classmethod
    def from_folder(cls, folder: Path, issuer: str) -> "AccessTokens":
        """Read the secret of this deployment, or make it."""
        return cls(read_or_make(folder / "access-token.key"), issuer)

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
        return jwt.encode(claims, self._secret, algorithm=_ALGORITHM, headers={"typ": TYPE})

    def read(self, token: str, now: datetime) -> Caller:
        """Check a token; raises NotAuthenticated for one that is another kind's, changed, or over."""
        try:
            decoded: dict[str, Any] = jwt.decode_complete(
                token,
                self._secret,
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
        except (jwt.PyJWTError, RecursionError) as error:
            raise NotAuthenticated("the access token is not valid") from error
        claims = decoded["payload"]
        if str(decoded["header"].get("typ", "")).lower() != TYPE:
            raise NotAuthenticated("the access token is not valid")
        # Against our own clock, which tests move: PyJWT would take the machine's.
        if not isinstance(claims["exp"], int) or datetime.fromtimestamp(claims["exp"], UTC) <= now:
            raise NotAuthenticated("the access token has expired; refresh it")
        if not isinstance(claims["sub"], str) or not isinstance(claims["sid"], str):
            raise NotAuthenticated("the access token is not valid")
        return Caller(claims["sub"], claims["sid"])
