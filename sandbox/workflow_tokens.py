"""GitHub as an issuer of tokens: what a job of a workflow gets when it asks for one, and the keys that verify it.

The key is a file in the sandbox's home, so that whoever makes a token and the server that judges it share it. Claims:
GitHub documentation, OpenID Connect reference.
"""

from __future__ import annotations

import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

ISSUER = "https://token.actions.githubusercontent.com"
AUDIENCE = "sts.amazonaws.com"
# As in the example of GitHub's documentation.
TOKEN_SECONDS = 900
FILE = "github-oidc.pem"


def token(
    home: Path,
    repository: str,
    *,
    environment: str | None = None,
    ref: str = "refs/heads/main",
    event: str = "workflow_dispatch",
    audience: str = AUDIENCE,
    repository_id: str = "1",
) -> str:
    """Of a job in `repository` (`owner/name`); a job that names an environment has that in its subject, one of a pull
    request that it is one, any other its ref."""
    what = f"ref:{ref}"
    if environment is not None:
        # GitHub writes a colon in an environment's name so.
        what = f"environment:{environment.replace(':', '%3A')}"
    elif event == "pull_request":
        what = "pull_request"
    now = int(datetime.now(UTC).timestamp())
    claims: dict[str, Any] = {
        "iss": ISSUER,
        "aud": audience,
        "sub": f"repo:{repository}:{what}",
        "iat": now,
        "nbf": now,
        "exp": now + TOKEN_SECONDS,
        "repository": repository,
        "repository_id": repository_id,
        "repository_owner": repository.partition("/")[0],
        "ref": ref,
        "event_name": event,
        **({"environment": environment} if environment is not None else {}),
    }
    key = _key(home)
    return jwt.encode({"alg": "RS256", "typ": "JWT", "kid": str(key.kid)}, claims, key, algorithms=["RS256"])


def keys(home: Path) -> dict[str, Any]:
    return dict(KeySet([_key(home)]).as_dict(private=False))


def _key(home: Path) -> RSAKey:
    path = home / FILE
    if not path.exists():
        made = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        file, name = tempfile.mkstemp(dir=home)
        with os.fdopen(file, "wb") as written:
            written.write(made)
        try:
            os.link(name, path)  # of two who make one at once, the first wins
        except FileExistsError:
            pass
        finally:
            Path(name).unlink()
    key = RSAKey.import_key(path.read_text(encoding="ascii"), {"use": "sig", "alg": "RS256"})
    key.ensure_kid()
    return key
