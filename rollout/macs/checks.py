"""What Claude Code takes without a word, or the published schema lets through, and does the wrong thing with.

Each rule is one function from a document to what is wrong with it. They run over any managed settings, ours or those
that somebody finds on a machine.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, cast

from rollout.macs import hook_checks
from rollout.macs.facts import KEYS
from rollout.macs.untyped import Document, Found, list_of, map_of
from rollout.model.client_versions import FLOOR
from rollout.model.errors import shown
from rollout.model.macs import VERSION
from rollout.model.permission_rules import binds, refusal

# $NAME in a profile (jamf-api 2.3, 3).
JAMF_REPLACES = re.compile(r"\$[A-Z]")


@dataclass(frozen=True, order=True)
class Finding:
    rule: str
    path: str
    text: str

    @property
    def line(self) -> str:
        return f"{self.path}: {self.text}"


@dataclass(frozen=True, kw_only=True)
class ClientKeys:
    """The keys that the client knows, by its published schema: of the document, and under `permissions`."""

    top: frozenset[str]
    permissions: frozenset[str]


def findings(document: Document, *, guarded: bool = False, client: ClientKeys | None = None) -> list[Finding]:
    """`guarded`: whether the stack file wants a guard that fails closed (`mac.commit_guard: closed`). `client`: None
    where nobody gave its schema."""
    found = [Finding(rule.__name__, path, text) for rule in RULES for path, text in rule(document)]
    found += [Finding("foreign_key", path, text) for path, text in foreign_key(document, client)]
    if guarded:
        found += [Finding("open_guard", path, text) for path, text in hook_checks.open_guard(document)]
    return sorted(found)


def text_findings(text: str, client: ClientKeys | None = None) -> list[Finding]:
    """Of a file: that it is one JSON map, and says nothing twice. The client does not start with it, or drops it whole,
    over a comma."""
    twice: list[str] = []

    def pairs(entries: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in entries]
        twice.extend(sorted({name for name in names if names.count(name) > 1}))
        return dict(entries)

    try:
        document: object = json.loads(text.removeprefix("\ufeff"), object_pairs_hook=pairs)
    except (ValueError, RecursionError) as error:
        return [Finding("not_json", "(file)", f"no JSON, so that none of it is in effect: {error}")]
    if not isinstance(document, dict):
        return [Finding("not_json", "(file)", "no map of keys, so that none of it is in effect")]
    repeated = [
        Finding("duplicate_key", name, "there twice; the client takes the last without a word") for name in twice
    ]
    return [*repeated, *findings(cast("Document", document), client=client)]


def alias_beside_pins(document: Document) -> Found:
    pins = [v for k, v in map_of(document, "env").items() if re.fullmatch("ANTHROPIC_DEFAULT_[A-Z]+_MODEL", k)]
    if any(str(pin).startswith("arn:") for pin in pins):
        for model in list_of(document, "availableModels"):
            if not str(model).startswith("arn:"):
                text = f"{shown(model)} does not recognise the profiles that env pins; list their ARNs"
                yield "availableModels", text


def empty_allowlist(document: Document) -> Found:
    if document.get("availableModels") == []:
        yield "availableModels", "empty, which restrains nothing; the default model stays; name one ARN"


def unenforced_list(document: Document) -> Found:
    if document.get("availableModels") and document.get("enforceAvailableModels") is not True:
        yield "enforceAvailableModels", "not true, so that the list never restrains the default model"


# Where a key has an effect. Elsewhere the client ignores it without a word (claude-code-client 6, 11).
_TOP = {key for key in KEYS if "." not in key}
_PERMISSIONS = {key.removeprefix("permissions.") for key in KEYS if key.startswith("permissions.")}


def ignored_key(document: Document) -> Found:
    """A key of ours in the wrong place. Of others nothing is known here: the client has many more."""
    for place, known, others, where in (
        ("", _TOP, _PERMISSIONS, "under permissions"),
        ("permissions.", _PERMISSIONS, _TOP, "at the top"),
    ):
        for key in map_of(document, "permissions") if place else document:
            if key not in known and key in others:
                yield f"{place}{key}", f"the client ignores it here without a word; it belongs {where}"


def foreign_key(document: Document, client: ClientKeys | None) -> Found:
    """A key that is none of ours: the client's own where its schema has it, and else a word that nobody reads."""
    for place, ours, elsewhere, known in (
        ("", _TOP, _PERMISSIONS, client and client.top),
        ("permissions.", _PERMISSIONS, _TOP, client and client.permissions),
    ):
        for key in map_of(document, "permissions") if place else document:
            if key in ours or key in elsewhere or (known and key in known):
                continue
            similar = get_close_matches(key, [*ours, *(known or ())], n=1, cutoff=0.85)
            hint = f"; did you mean {similar[0]}?" if similar else ""
            text = "the client's schema has no such key, so it is ignored" if known else "none of ours"
            yield f"{place}{key}", f"{text}{hint}"


def unbinding_rule(document: Document) -> Found:
    for key in ("deny", "ask", "allow"):
        gives = key == "allow"
        for number, rule in enumerate(list_of(map_of(document, "permissions"), key)):
            if isinstance(rule, str) and not binds(rule, gives=gives) and not JAMF_REPLACES.search(rule):
                yield f"permissions.{key}.{number}", f"{refusal(rule, gives=gives)}: {shown(rule)}"


# The modes of both clients.
MODES = ("default", "acceptEdits", "plan", "dontAsk", "bypassPermissions")


def dropped_permissions(document: Document) -> Found:
    """The plan's `disableBypassPermissionsMode: true` is one of these."""
    for key, value in map_of(document, "permissions").items():
        if key == "defaultMode":
            wrong, allowed = value not in MODES, f"one of {', '.join(MODES)}"
        elif key.startswith("disable"):
            wrong, allowed = value != "disable", '"disable"'
        else:
            wrong, allowed = key in _PERMISSIONS and not isinstance(value, list), "a list of rules"
        if wrong and value is not None:
            text = f"not {allowed}: client {FLOOR} drops the whole permissions block, deny rules included"
            yield f"permissions.{key}", text


# Of keys whose type no other rule sees. What is of another is not what anybody meant; the older client drops a whole
# block over it (claude-code-client 11).
_SHAPES: tuple[tuple[type, str, tuple[str, ...]], ...] = (
    (dict, "a map", ("permissions", "env", "hooks", "sandbox", "statusLine", "modelPricing")),
    (list, "a list", ("availableModels", "companyAnnouncements")),
    (str, "a text", ("model", "awsAuthRefresh")),
    (
        bool,
        "true or false",
        (
            *("enforceAvailableModels", "allowManagedPermissionRulesOnly", "allowManagedHooksOnly"),
            *("allowManagedMcpServersOnly", "disableSideloadFlags"),
        ),
    ),
)


def wrong_type(document: Document) -> Found:
    for kind, wanted, keys in _SHAPES:
        for key in keys:
            value = document.get(key)
            if value is not None and not isinstance(value, kind):
                yield key, f"not {wanted}, so that the client drops it: {shown(value)}"
    for event, entries in map_of(document, "hooks").items():
        if not isinstance(entries, list):
            yield f"hooks.{event}", f"not a list, so that the client drops it: {shown(entries)}"
    for key in ("deny", "ask", "allow"):
        for number, rule in enumerate(list_of(map_of(document, "permissions"), key)):
            if rule is not None and not isinstance(rule, str):
                text = f"not a rule: {shown(rule)}: client {FLOOR} drops the whole permissions block over it"
                yield f"permissions.{key}.{number}", text


def lifted_from_home(document: Document) -> Found:
    if document.get("forceRemoteSettingsRefresh") is not True:
        text = "not true, so that two files in a person's own home lift the whole document"
        yield "forceRemoteSettingsRefresh", text


def own_credentials(document: Document) -> Found:
    if document.get("awsCredentialExport") != "":
        text = 'not "", so that a command of a person\'s own gives the session that calls'
        yield "awsCredentialExport", text


def other_provider(document: Document) -> Found:
    if map_of(document, "env").get("CLAUDE_CODE_USE_BEDROCK") == "1" and document.get("allowedProviders") != [
        "bedrock"
    ]:
        text = 'not ["bedrock"], so that a sign of a host program takes the provider out of the settings\' hands'
        yield "allowedProviders", text


def other_gateway(document: Document) -> Found:
    """A base URL that no list of providers binds is sent whatever key a person's machine has."""
    env, providers = map_of(document, "env"), document.get("allowedProviders")
    if env.get("ANTHROPIC_BASE_URL") and providers != ["customEndpoint"]:
        yield "allowedProviders", 'not ["customEndpoint"], so that people may go round env.ANTHROPIC_BASE_URL'
    if document.get("forceLoginGatewayUrl") and providers != ["gateway"]:
        yield "allowedProviders", 'not ["gateway"], so that people may sign in elsewhere than forceLoginGatewayUrl'


def unlisted_servers(document: Document) -> Found:
    if document.get("allowManagedMcpServersOnly") is True and not isinstance(document.get("allowedMcpServers"), list):
        yield "allowedMcpServers", "no list, so that any MCP server may be used; write [] for none"


def version_of_nothing(document: Document) -> Found:
    version = document.get("requiredMinimumVersion")
    if not isinstance(version, str) or not re.fullmatch(VERSION, version):
        yield "requiredMinimumVersion", f"no version, so that a client of any age starts; write {FLOOR} or a newer one"


def null(document: Document, place: str = "") -> Found:
    entries = document.items()
    for key, value in entries:
        path = f"{place}{key}"
        if value is None:
            yield path, "null, which a property list cannot hold and the client drops or reads as a word; leave it out"
        elif isinstance(value, Mapping):
            yield from null(cast("Document", value), f"{path}.")
        elif isinstance(value, list):
            yield from null({str(n): v for n, v in enumerate(cast("list[Any]", value))}, f"{path}.")


def env_no_text(document: Document) -> Found:
    for key, value in map_of(document, "env").items():
        if value is not None and not isinstance(value, str):
            yield f"env.{key}", f'not a text: {shown(value)}; put it in quotes: "{shown(value)}"'


def mangled_text(document: Document, place: str = "") -> Found:
    """What Jamf replaces or trims in a profile (jamf-api 2.3, 3)."""
    for key, value in document.items():
        path = f"{place}{key}"
        if isinstance(value, Mapping):
            yield from mangled_text(cast("Document", value), f"{path}.")
        elif isinstance(value, list):
            yield from mangled_text({str(n): v for n, v in enumerate(cast("list[Any]", value))}, f"{path}.")
        elif isinstance(value, str) and (value != value.strip() or JAMF_REPLACES.search(value)):
            yield path, f"Jamf trims blanks at the ends and replaces $NAME: {shown(value)}"


RULES: tuple[Callable[[Document], Found], ...] = (
    alias_beside_pins,
    dropped_permissions,
    empty_allowlist,
    env_no_text,
    ignored_key,
    lifted_from_home,
    mangled_text,
    null,
    other_gateway,
    other_provider,
    own_credentials,
    unbinding_rule,
    unenforced_list,
    unlisted_servers,
    version_of_nothing,
    wrong_type,
    *hook_checks.RULES,
)
