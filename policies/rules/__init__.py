"""One rule per file; each is mandatory, since a breach is a hole."""

from pulumi_policy import Policy

from .no_bare_wildcard import no_bare_wildcard
from .prompt_text_off import prompt_text_off
from .session_at_most_one_hour import session_at_most_one_hour

RULES: list[Policy] = [no_bare_wildcard, prompt_text_off, session_at_most_one_hour]
