"""Sign in at an identity provider of a city or a bank: OpenID Connect, authorisation code with PKCE, through Authlib.

The browser is sent to the provider and comes back with a code; the code, our verifier and our secret buy an ID
token, which is checked against the provider's keys, our client id and our nonce. Only (issuer, subject) is kept.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import requests

from throughfare_gate.ids import new_id
from throughfare_gate.strictjson import NotStrict, loads
from ticketing.config import OidcSettings
from ticketing.db.people import people
from ticketing.db.people.people import Person, SignIn
from ticketing.errors import InvalidRequest, NotAuthenticated, ProviderSilent
from ticketing.identity.people import Reception, SignedIn, begin_session

_LIFE = timedelta(minutes=10)
_LEEWAY = timedelta(seconds=60)
_TIMEOUT_SECONDS = 10
_LONGEST = 256 * 1024
_NO_TIME = (TypeError, ValueError, OverflowError, OSError)
_ALGORITHMS = ("RS256", "ES256", "EdDSA", "PS256")


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that has begun: the address to send the browser to, its name there, and the secret that comes back here.

    An app brings `binding` back, a browser `cookie`, which no script and no body of an answer has.
    """

    url: str
    state: str
    binding: str
    cookie: str


@dataclass(frozen=True, slots=True)
class Provider:
    """A configured provider, asked for its metadata when somebody signs in."""

    settings: OidcSettings

    def begin(self, reception: Reception) -> Begun:
        """Begin a sign-in; its secret is for this browser or app alone.

        The return is recognised by its state, once, for ten minutes.
        """
        state, nonce, verifier, binding, cookie = (secrets.token_urlsafe(32) for _ in range(5))
        metadata = self._metadata()
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        with self._client() as client:
            url, _ = client.create_authorization_url(
                str(metadata["authorization_endpoint"]),
                state=state,
                nonce=nonce,
                code_challenge=challenge,
                code_challenge_method="S256",
                **self._asked(),
            )
        with reception.database.write() as tx:
            people.insert_sign_in(
                tx,
                SignIn(
                    state,
                    {
                        "nonce": nonce,
                        "verifier": verifier,
                        "binding": _hash(binding),
                        "cookie": _hash(cookie),
                    },
                    reception.clock.now(),
                ),
            )
        return Begun(str(url), state, binding, cookie)

    def finish(
        self, reception: Reception, *, state: str, code: str, label: str, binding: str = "", cookie: str = ""
    ) -> SignedIn:
        """Exchange the code and sign in; the first time an account is made. An app brings `binding`, a browser `cookie`.

        Raises InvalidRequest for a state that is unknown or too old, NotAuthenticated when the provider or its
        token does not convince, ProviderSilent when it does not answer.
        """
        now = reception.clock.now()
        with reception.database.write() as tx:
            begun = people.take_sign_in(tx, state)
        if begun is None or now >= begun.created_at + _LIFE:
            raise InvalidRequest.at("state", "this sign-in was not begun here, or took too long; begin again")
        # A sign-in that another browser began is somebody else's: this one would be signed in to their account.
        brought, kept = (binding, "binding") if binding else (cookie, "cookie")
        if not hmac.compare_digest(_hash(brought), str(begun.document.get(kept))):
            raise InvalidRequest.at(
                "state", "this sign-in was begun in another browser or app; begin again here"
            )
        claims = self._claims(code, begun.document, now)
        issuer, subject = self.settings.issuer, str(claims["sub"])
        with reception.database.write() as tx:
            person = people.find_person_by_identity(tx, issuer, subject)
            if person is None:
                person = Person(
                    id=new_id(), email=None, password_hash=None, language="en", created_at=now, erased_at=None
                )
                people.insert_person(tx, person)
                people.insert_identity(tx, issuer, subject, person.id, now)
            return begin_session(reception, tx, person.id, label)

    def _asked(self) -> dict[str, str]:
        """Ask for the strength and the recentness that this deployment wants."""
        acr, seconds = self.settings.acr, self.settings.max_age_seconds
        return {
            **({"acr_values": " ".join(acr)} if acr else {}),
            **({"max_age": str(seconds)} if seconds else {}),
        }

    def _claims(self, code: str, begun: Mapping[str, Any], now: datetime) -> dict[str, Any]:
        from authlib.integrations.base_client.errors import OAuthError  # noqa: PLC0415  few deployments need it
        from authlib.oauth2 import OAuth2Error  # noqa: PLC0415  see above

        metadata = self._metadata()
        try:
            with self._client() as client:
                token = client.fetch_token(
                    str(metadata["token_endpoint"]),
                    code=code,
                    code_verifier=begun["verifier"],
                    grant_type="authorization_code",
                    # Code, verifier and secret go to the provider's own address, and nowhere that it points to.
                    allow_redirects=False,
                )
            keys = jwt.PyJWKSet.from_dict(self._get(str(metadata["jwks_uri"])))
        except (OAuth2Error, OAuthError, ValueError) as error:
            raise NotAuthenticated("the identity provider refused the sign-in") from error
        except (requests.RequestException, jwt.PyJWTError) as error:
            raise ProviderSilent("the identity provider does not answer") from error
        return self._checked(str(token.get("id_token", "")), keys, str(begun["nonce"]), now)

    def _checked(self, id_token: str, keys: jwt.PyJWKSet, nonce: str, now: datetime) -> dict[str, Any]:
        """OpenID Connect Core 3.1.3.7: signature, issuer, audience, time, nonce."""
        try:
            header = jwt.get_unverified_header(id_token)
            key = next(key for key in keys.keys if header.get("kid") in {None, key.key_id})
            if header.get("alg") not in _ALGORITHMS:
                raise NotAuthenticated("the identity provider's token has an algorithm that is not accepted")
            claims: dict[str, Any] = jwt.decode(
                id_token,
                key.key,
                algorithms=[header["alg"]],
                audience=self.settings.client_id,
                issuer=self.settings.issuer,
                options={
                    "require": ["iss", "aud", "exp", "iat", "sub"],
                    "verify_exp": False,
                    "verify_iat": False,
                },
            )
            expires = datetime.fromtimestamp(int(claims["exp"]), UTC)
        except (jwt.PyJWTError, StopIteration, RecursionError, *_NO_TIME) as error:
            raise NotAuthenticated("the identity provider's token is not valid") from error
        if expires + _LEEWAY <= now:
            raise NotAuthenticated("the identity provider's token has expired")
        if not hmac.compare_digest(str(claims.get("nonce", "")), nonce):
            raise NotAuthenticated("the identity provider's token is not for this sign-in")
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if (several or "azp" in claims) and claims.get("azp") != self.settings.client_id:
            raise NotAuthenticated("the identity provider's token is for another application")
        self._check_strength(claims, now)
        return claims

    def _check_strength(self, claims: Mapping[str, object], now: datetime) -> None:
        """Compare how and when the person signed in there; a token that does not say it is taken for the weakest way."""
        if self.settings.acr and claims.get("acr") not in self.settings.acr:
            raise NotAuthenticated(
                "the identity provider signed in by a weaker way than this service asks for"
            )
        if not self.settings.max_age_seconds:
            return
        try:
            signed_in = datetime.fromtimestamp(int(str(claims["auth_time"])), UTC)
        except (KeyError, *_NO_TIME):
            raise NotAuthenticated("the identity provider does not say when the sign-in was") from None
        if signed_in + timedelta(seconds=self.settings.max_age_seconds) + _LEEWAY <= now:
            raise NotAuthenticated(
                "the sign-in at the identity provider is too long ago; sign in there again"
            )

    def _metadata(self) -> dict[str, Any]:
        try:
            found = self._get(self.settings.issuer.rstrip("/") + "/.well-known/openid-configuration")
        except requests.RequestException as error:
            raise ProviderSilent("the identity provider does not answer") from error
        if found.get("issuer") != self.settings.issuer:
            raise NotAuthenticated("the identity provider calls itself something else")
        return found

    def _get(self, url: str) -> dict[str, Any]:
        response = requests.get(url, timeout=_TIMEOUT_SECONDS, allow_redirects=False)
        response.raise_for_status()
        try:
            answer = loads(response.content[:_LONGEST])
        except NotStrict as error:
            raise requests.RequestException(str(error)) from None
        if not isinstance(answer, dict):
            raise requests.RequestException("the identity provider answers with no object")
        return answer

    def _client(self) -> Any:
        from authlib.integrations.requests_client import OAuth2Session  # noqa: PLC0415  few deployments need it

        return OAuth2Session(
            self.settings.client_id,
            self.settings.client_secret,
            scope="openid",
            redirect_uri=self.settings.redirect_uri,
            timeout=_TIMEOUT_SECONDS,
        )


def _hash(binding: str) -> str:
    return hashlib.sha256(binding.encode()).hexdigest()
