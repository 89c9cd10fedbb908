"""What a person's browser sees of Okta: a page to sign in at, and the way back to the app that asked."""

from __future__ import annotations

import html
import time
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, request

from ..context import database
from ..identity import ORG_URL
from ..ids import timestamp
from ..store import Json, Kind, Thing
from . import clients
from .claims import SCOPES
from .errors import OAuthError, PageError
from .sealed import SECONDS, Seal, opened, seal

routes = Blueprint("oidc_browser", __name__)

SESSION = "idx"
S256 = 43
JUST_NOW_SECONDS = 5
PAGE = """<!doctype html><title>Okta: sign in</title>
<form method="post" action="/login/login.htm">
<input type="hidden" name="fromURI" value="{back}">
<label>User name <input name="username" value="{hint}" autofocus></label> <button>Sign in</button>
</form><p>{said}</p>"""


@routes.get("/login/login.htm")
def login_page() -> Response:
    return _page(_back(request.args.get("fromURI")), request.args.get("login_hint", ""), "")


@routes.post("/login/login.htm")
def log_in() -> Response:
    """A user name is enough here: nobody has a password in the sandbox."""
    back, name = _back(request.form.get("fromURI")), request.form.get("username", "").strip().casefold()
    user = database().named(Kind.USER, name)
    if user is None or user.body["status"] != "ACTIVE":
        return _page(back, name, "Unable to sign in", status=401)
    response = _to(back)
    session = seal(Seal.SESSION, uid=user.id, at=timestamp())
    response.set_cookie(SESSION, session, max_age=SECONDS[Seal.SESSION], httponly=True, samesite="Lax", path="/")
    return response


@routes.get("/login/signout")
def sign_out() -> Response:
    response = _to(ORG_URL)
    response.delete_cookie(SESSION)
    return response


def signed_in() -> tuple[Thing, int] | None:
    """Who has this browser's session, and when they signed in, in seconds since 1970."""
    found = opened(Seal.SESSION, request.cookies.get(SESSION))
    user = database().get(Kind.USER, found["uid"]) if found else None
    return (user, found["iat"]) if user and found and user.body["status"] == "ACTIVE" else None


def to_login(hint: str = "") -> Response:
    query = {"fromURI": request.full_path, **({"login_hint": hint} if hint else {})}
    return _to(f"/login/login.htm?{urlencode(query)}")


@routes.get("/oauth2/v1/authorize")
def authorize() -> Response:
    """The code flow alone: an app with `response_type=id_token` would get its tokens by way of the browser."""
    asked = request.args
    app = clients.named(asked.get("client_id"))
    if app is None:
        raise PageError("The 'client_id' parameter is not that of an active client.")
    where = asked.get("redirect_uri", "")
    if where not in clients.settings(app)["redirect_uris"]:
        raise PageError(
            "The 'redirect_uri' parameter must be a Login redirect URI in the client app settings: "
            f"{ORG_URL}/admin/app/oidc_client/instance/{app.id}#tab-general"
        )
    try:
        return _authorized(app, dict(asked.items(multi=False)), where)
    except OAuthError as error:
        return _sent(where, {"error": error.code, "error_description": error.description})


def _authorized(app: Thing, asked: Json, where: str) -> Response:
    scopes = _scopes(asked.get("scope", ""))
    _allowed(app, asked)
    found = signed_in()
    if found is None or _too_old(found[1], asked):
        if asked.get("prompt") == "none":
            raise OAuthError("login_required", "The client specified not to prompt, but the user is not signed in.")
        return to_login(asked.get("login_hint", ""))
    user, at = found
    if clients.entered(app, user) is None:
        raise OAuthError("access_denied", "User is not assigned to the client application.")
    code = seal(
        Seal.CODE,
        app=app.id,
        uid=user.id,
        at=at,
        scopes=scopes,
        redirect_uri=where,
        nonce=asked.get("nonce"),
        challenge=asked.get("code_challenge"),
    )
    return _sent(where, {"code": code})


def _scopes(text: str) -> list[str]:
    scopes = list(dict.fromkeys(text.split()))
    if not scopes:
        raise OAuthError("invalid_scope", "The authentication request has no 'scope' parameter.")
    if unknown := [scope for scope in scopes if scope not in SCOPES]:
        raise OAuthError("invalid_scope", f"One or more scopes are not configured: {', '.join(unknown)}.")
    return scopes


def _allowed(app: Thing, asked: Json) -> None:
    if asked.get("response_type") != "code" or "code" not in clients.settings(app)["response_types"]:
        text = "The response type is not supported by the authorization server, or not allowed to the client."
        raise OAuthError("unsupported_response_type", text)
    clients.may_use(app, "authorization_code")
    if asked.get("response_mode", "query") != "query":
        raise OAuthError("invalid_request", "The sandbox answers by response_mode 'query' alone.")
    if not asked.get("state"):
        raise OAuthError("invalid_request", "The authentication request has an invalid 'state' parameter.")
    challenge = asked.get("code_challenge")
    if challenge is None:
        if clients.credentials(app)["pkce_required"]:
            raise OAuthError("invalid_request", "PKCE code challenge is required by the client.")
    elif asked.get("code_challenge_method") != "S256" or len(challenge) != S256:
        raise OAuthError("invalid_request", "The 'code_challenge_method' must be S256, and the challenge one of it.")


def _sent(where: str, more: Json) -> Response:
    state = {"state": request.args["state"]} if request.args.get("state") else {}
    return _to(f"{where}{'&' if urlsplit(where).query else '?'}{urlencode({**more, **state})}")


def _to(where: str) -> Response:
    return Response(status=302, headers={"Location": where, "Cache-Control": "no-store"})


def _too_old(at: int, asked: Json) -> bool:
    """`prompt=login` asks anew, and is content with whoever has done so just now on the way here."""
    age, most = time.time() - at, asked.get("max_age", "")
    return (most.isdecimal() and age > int(most)) or (asked.get("prompt") == "login" and age > JUST_NOW_SECONDS)


def _back(given: str | None) -> str:
    """Nowhere but to a path of Okta's own."""
    if given is None or not given.startswith("/") or given.startswith(("//", "/\\")):
        raise PageError("The 'fromURI' parameter is not a path of this organization.")
    return given


def _page(back: str, hint: str, said: str, status: int = 200) -> Response:
    words = {"back": html.escape(back), "hint": html.escape(hint), "said": html.escape(said)}
    return Response(PAGE.format(**words), status=status, mimetype="text/html")
