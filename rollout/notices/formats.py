"""A notice in each receiver's form. In AWS Lambda too: standard library only."""

from __future__ import annotations

from typing import Any

from rollout.notices.level_changes import Delivery


def plain(delivery: Delivery) -> str:
    """As e-mail has it."""
    return "\n".join(delivery.lines) + "\n"


def slack_blocks(delivery: Delivery) -> list[dict[str, Any]]:
    """At most two blocks, each within Slack's 3,000 characters (Block Kit, section)."""
    body = "\n".join(f"*{head}:* {rest}" if rest else head for head, rest in map(_split, delivery.lines))
    return [
        {"type": "header", "text": {"type": "plain_text", "text": delivery.title[:150]}},
        {"type": "section", "text": {"type": "mrkdwn", "text": body[:3000]}},
    ]


def _split(line: str) -> tuple[str, str]:
    head, found, rest = line.partition(": ")
    return (slack_text(head), slack_text(rest)) if found else (slack_text(line), "")


def slack_text(text: str) -> str:
    """Slack's three special characters, so that nobody is called by a reason that says `<!channel>`."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def amazon_q(delivery: Delivery) -> dict[str, Any]:
    """A custom notification (Amazon Q Developer in chat applications, administrator guide, custom notifications). It is
    read in Slack, and escaped for that."""
    title, lines = slack_text(delivery.title), [slack_text(line) for line in delivery.lines]
    incident: dict[str, str] | None = delivery.record.get("incident")
    cohort: str | None = delivery.record.get("cohort")
    return {
        "version": "1.0",
        "source": "custom",
        "id": delivery.id,
        "content": {
            "textType": "client-markdown",
            "title": title,
            "description": "\n".join(lines[:-1]),
            "nextSteps": [lines[-1].removeprefix("Next: ")],
        },
        "metadata": {
            "threadId": incident["id"] if incident else cohort or delivery.record["id"],
            "summary": title,
            "eventType": delivery.record["schema"],
            "additionalContext": {"cohort": cohort} if cohort else {},
        },
    }
