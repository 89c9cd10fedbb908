"""Whether Okta answers at all, asked for a few seconds before its provider is, which by default waits for 12 minutes.

The provider takes a closed connection for a passing fault (`rollout.people.okta_waits`). In an incident that is too
long: AWS's Deny would wait for it.
"""

from __future__ import annotations

import ssl
import threading
import time
import urllib.error
import urllib.request

# Asked without a token, so that nothing secret goes to whoever answers there.
PATHS = ("/.well-known/okta-organization", "/api/v1/users?limit=1")
SECONDS = 5.0


def answers(domain: str, proxy: str = "", seconds: float = SECONDS) -> bool:
    """Whether both the organization's page about itself and its API answer HTTP, within `seconds` in all. An API that
    takes calls and never answers is one that the provider would wait for without an end.

    `proxy`: the provider's `httpProxy`, which stands in place of the organization's own address, as it does there.
    """
    found: list[bool] = []

    def ask(path: str) -> None:
        found.append(_answer(f"{proxy.rstrip('/') or f'https://{domain}'}{path}", seconds))

    # In threads: the look-up of a name has no time limit of its own.
    asking = [threading.Thread(target=ask, args=(path,), daemon=True) for path in PATHS]
    for thread in asking:
        thread.start()
    end = time.monotonic() + seconds
    for thread in asking:
        thread.join(max(0, end - time.monotonic()))
    return found == [True] * len(PATHS)


def _answer(url: str, seconds: float) -> bool:
    """Any answer is one: what is wrong with it, the provider says in its own words."""
    try:
        with urllib.request.urlopen(url, timeout=seconds):  # noqa: S310  made of a checked domain or of the provider's own setting
            return True
    except urllib.error.HTTPError as refused:
        refused.close()
        return True
    except urllib.error.URLError as error:
        # Somebody is there whose certificate we do not know, such as a proxy that only the system's own store trusts.
        return isinstance(error.reason, ssl.SSLCertVerificationError)
    except (OSError, ValueError):
        return False
