"""The claim of an ID token."""

from __future__ import annotations

from typing import Any

import jwt
from moto.iam.models import OpenIDConnectProvider, iam_backends

from sandbox import workflow_tokens
from sandbox.aws.models.catalogue import PARTITION
from sandbox.aws.sign_in.claims import Claim, expired, invalid_token

TAGS_CLAIM = "https://aws.amazon.com/tags"
SOURCE_IDENTITY_CLAIM = "https://aws.amazon.com/source_identity"
GITHUB_CLAIMS = ("environment", "ref", "repository", "repository_id")


def issuer_host(issuer: str) -> str:
    return issuer.removeprefix("https://").rstrip("/")


def oidc_provider(account: str, issuer: str) -> OpenIDConnectProvider:
    providers = iam_backends[account][PARTITION].open_id_providers.values()
    provider = next((item for item in providers if item.url.rstrip("/") == issuer_host(issuer)), None)
    if provider is None or not issuer.startswith("https://"):
        raise invalid_token(f"No OpenIDConnect provider found in your account for {issuer}")
    return provider


def unverified(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        header = jwt.get_unverified_header(token)
        claims = jwt.decode(token, options={"verify_signature": False})
    except jwt.PyJWTError as error:
        raise invalid_token(
            "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
        ) from error
    if header.get("alg") != "RS256" or not isinstance(claims.get("iss"), str):
        raise invalid_token("Missing a required claim or signed by an algorithm that is not supported: RS256 is")
    return header, claims


def verified(token: str, header: dict[str, Any], keys: dict[str, Any]) -> dict[str, Any]:
    key = next((item for item in keys.get("keys", []) if item.get("kid") == header.get("kid")), None)
    if key is None:
        raise invalid_token(
            "Couldn't retrieve verification key from your identity provider, please reference "
            "AssumeRoleWithWebIdentity documentation for requirements"
        )
    try:
        return jwt.decode(
            token,
            jwt.PyJWK.from_dict({"alg": "RS256", **key}),
            algorithms=["RS256"],
            leeway=0,
            options={"verify_aud": False, "require": ["iss", "sub", "aud", "exp", "iat"]},
        )
    except jwt.ExpiredSignatureError as error:
        raise expired("Token expired: current date/time must be before the expiration date/time") from error
    except jwt.InvalidSignatureError as error:
        raise invalid_token("The web identity token signature is invalid") from error
    except jwt.PyJWTError as error:
        raise invalid_token(f"The web identity token is not valid: {error}") from error


def audience_of(claims: dict[str, Any], provider: OpenIDConnectProvider) -> str:
    """The client the token is for: `azp` where present, else the one `aud` the provider lists."""
    audiences = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    candidates = [claims["azp"]] if claims.get("azp") else audiences
    audience = next((item for item in candidates if item in provider.client_id_list), None)
    if audience is None:
        raise invalid_token("Incorrect token audience")
    return audience


def _token_tags(claims: dict[str, Any]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Session tags, nested under one claim or flattened into several."""
    nested = claims.get(TAGS_CLAIM) or {}
    prefix = f"{TAGS_CLAIM}/principal_tags/"
    flat = {key.removeprefix(prefix): value for key, value in claims.items() if key.startswith(prefix)}
    given = {**nested.get("principal_tags", {}), **flat}
    tags = {key: str(value[0] if isinstance(value, list) else value) for key, value in given.items()}
    return tags, tuple(nested.get("transitive_tag_keys", ()))


def token_claim(claims: dict[str, Any], audience: str, provider: OpenIDConnectProvider, session_name: str) -> Claim:
    host = issuer_host(claims["iss"]).lower()
    original = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    # Of GitHub's issuer IAM reads more than of others (Service Authorization Reference, AWS STS).
    more = GITHUB_CLAIMS if claims["iss"] == workflow_tokens.ISSUER else ()
    tags, transitive = _token_tags(claims)
    return Claim(
        action="sts:AssumeRoleWithWebIdentity",
        provider_arn=provider.arn,
        session_name=session_name,
        context={
            f"{host}:aud": (audience,),
            f"{host}:sub": (str(claims["sub"]),),
            f"{host}:oaud": tuple(original) if claims.get("azp") else (),
            f"{host}:amr": tuple(claims.get("amr") or ()),
            **{f"{host}:{name}": (str(claims[name]),) if name in claims else () for name in more},
        },
        tags=tags,
        transitive_tags=transitive,
        source_identity=claims.get(SOURCE_IDENTITY_CLAIM),
    )
