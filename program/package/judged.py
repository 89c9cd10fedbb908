"""When a component is done: all that it declared is made, and has the effects that were asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pulumi
from pulumi.errors import InputPropertiesError
from pulumi.runtime.stack import wait_for_rpcs

NOT_DONE = "not everything was done; the errors above say what, and `pulumi up` goes on from there"


def judged(mistakes: Sequence[str], complete: pulumi.Output[Any]) -> pulumi.Output[dict[str, Any]]:
    """Empty, once everything that was declared is done; a failure with all of `mistakes`, where there are any then.

    A component has no end of a program to wait for, so its own outputs wait: the engine has the component's answer only
    with them. `complete`: known once `mistakes` are.
    """

    async def wait() -> dict[str, Any]:
        try:
            await wait_for_rpcs(await_all_outstanding_tasks=False)
            await complete.future()
        except Exception as error:
            raise refused(str(error) if isinstance(error, pulumi.RunError) else NOT_DONE) from None
        if mistakes:
            raise refused("\n".join(mistakes))
        return {}

    return pulumi.Output.from_input(wait())


def refused(text: str) -> InputPropertiesError:
    """What the SDK's host hands on as it is; of anything else it prints the calls that led there."""
    return InputPropertiesError(text, [])
