"""`python -m policies.catalogue`: docs/policies.md, from the rules themselves."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from policies.engine.rules import ResourceRule, Rule
from policies.rules import RULES

INTRODUCTION = """# The policy pack

What no change of this program may undo. Written by `make policies-page` from `policies/rules`, one rule a file.

`pulumi preview --policy-pack policies` judges a change before it is made, and every pull request is previewed so;
`pulumi up --policy-pack policies` judges again with what only the update knows; `make policies STACK=prod` judges
what there is, and looks for secrets that stand in the state in clear. A **mandatory** rule ends a preview, and in
an update keeps the resource from being made; an *advisory* one is printed. Rules on resources see inputs and
options; rules on the stack see what comes of them, at the end.

**Three verdicts**, as the engine counts them: compliant, in breach, not applicable. A value that is **not known
yet** is none of these. Pulumi's SDK would turn a rule that touches one into advice by itself; these do not. Where
nothing may be unknown (a trust policy, a session's length, tags, names, retention), not known is a breach. Where
only the update can know (documents with the ARNs of inference profiles or secrets), the rule is put off, and
`not-known-yet` says so, by name and resource, in every preview that it happens in.

**Exceptions** are in the stack file, with a reason and a last day, a year off at most:

```yaml
  claude-code-rollout:policy_exceptions:
    names-fit: {resource: meter-uncounted, reason: the vendor's name is longer, expires: 2026-12-31}
```

`resource` is the last part of its URN, or the whole. One that names no rule, or is past its day, is a mistake of
the stack file; each time one is used, `exception-used` prints it. The pack reads them from `Pulumi.<stack>.yaml` in
the folder where `pulumi` runs, since the engine hands a Python pack no configuration; what cannot be read excepts
nothing.

**What no policy can see**: whether a log group is kept when it is undeclared (`retain_on_delete`), what was there
before and is gone now, and whether an input is encrypted. Tests hold the first, protection and the review of
deletions the second, `make policies` the third. The bootstrap stack, whose roles may do what the
program does, is judged by rules of its own where those on policies and trust cannot hold it (`workflow-…`,
`preview-only-reads`, `state-…`); in its folder `ci/policies account` judges it.

Topics are not asked to be encrypted: they keep nothing, and CloudWatch cannot publish to one under AWS's own key.
"""


def page() -> str:
    titles = ("Rules on resources", "Rules on the stack", "Advice on rosters", "Notes")
    kinds: dict[str, list[Rule]] = {title: [] for title in titles}
    for rule in RULES:
        note = rule.name.startswith(("not-known-yet", "exception-used"))
        advice = not rule.mandatory and not note
        kinds[titles[3] if note else titles[2] if advice else titles[not isinstance(rule, ResourceRule)]].append(rule)
    return "\n".join([INTRODUCTION, *(line for title, rules in kinds.items() for line in _section(title, rules))])


def _section(title: str, rules: Iterable[Rule]) -> Iterable[str]:
    yield f"## {title}\n"
    yield "| Rule | Severity | What it holds | What to do | More |"
    yield "| --- | --- | --- | --- | --- |"
    for rule in rules:
        level = f"{rule.severity}" if rule.mandatory else f"*{rule.severity}, advisory*"
        yield f"| `{rule.name}` | {level} | {rule.description} | {rule.remediation} | [source]({rule.url}) |"
    yield ""


if __name__ == "__main__":
    sys.stdout.write(page())
