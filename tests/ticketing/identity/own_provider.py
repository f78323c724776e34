"""An identity provider whose answers a test chooses: on a thread of this process, with a key of its own."""

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec


@dataclass
class OwnProvider:
    """A provider that signs what it is told; `seen` are the addresses that were asked of it."""

    issuer: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    claims: dict[str, object] = field(default_factory=dict)
    redirect: str = ""
    seen: list[str] = field(default_factory=list)
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def answer(self, path: str) -> dict[str, Any]:
        """The document at a path."""
        if path.endswith("openid-configuration"):
            places = {"authorization_endpoint": "/auth", "token_endpoint": "/token", "jwks_uri": "/keys"}
            return {
                "issuer": self.issuer,
                **{name: self.issuer + place for name, place in places.items()},
                **self.metadata,
            }
        if path == "/keys":
            public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(self.key.public_key()))
            return {"keys": [{**public, "kid": "k", "alg": "ES256"}]}
        token = jwt.encode(self.claims, self.key, algorithm="ES256", headers={"kid": "k"})
        return {"id_token": token, "access_token": "a", "token_type": "Bearer"}


@contextlib.contextmanager
def serving(provider: OwnProvider) -> Iterator[OwnProvider]:
    """Serve a provider on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def _reply(self) -> None:
            provider.seen.append(self.path)
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if provider.redirect and self.path == "/token":
                self.send_response(307)
                self.send_header("Location", provider.redirect)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            body = json.dumps(provider.answer(self.path)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = _reply  # noqa: N815  names of the library

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider.issuer = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield provider
        server.shutdown()
        thread.join()


def asked(url: str) -> dict[str, str]:
    """The parameters of the address to which a browser is sent."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
