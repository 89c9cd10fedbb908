"""What is so: levels, people, use, spend, and whether the files are in order."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from cli.stack_file.selected import selected_stack
from cli.verbs.options import OF_STACKS, Cohort, Email, Json, Stack

PANEL = "Look"

verbs = typer.Typer()


@verbs.command("status", short_help="how a stack stands", rich_help_panel=PANEL)
def status(
    stack: Annotated[str | None, typer.Option("-s", "--stack", help="else the selected one", **OF_STACKS)] = None,
    everyone: Annotated[bool, typer.Option("--all", help="every stack here, a line each, in one table")] = False,
    drift: Annotated[bool, typer.Option("--drift", help="ask every provider what was changed by hand; slow")] = False,
    as_json: Json = False,
) -> None:
    """How a stack stands: levels, people, profiles, use, spend, alarms, and what is in force in IAM, Okta and on Macs.

    Exit 1 where something needs a person: IAM does otherwise than the file says, `rollout cut` put what the file does
    not know, an alarm fires, file and stack differ, drift, the last update failed, or the month's budget is spent. Exit
    3 where nothing is known to need one, and a source was not reached. Okta is asked where OKTA_API_TOKEN is set.

    With `--all`, each stack is asked by itself, in its own account: by its file's `aws:profile`, or AWS_PROFILE. One
    that does not answer is a row that says so.
    """
    if everyone:
        from cli.commands.status_all import run as run_all

        if drift:
            raise typer.BadParameter("of one stack at a time; leave --all out", param_hint="--drift")
        raise typer.Exit(run_all(as_json))
    from cli.commands.status import run

    raise typer.Exit(run(stack or selected_stack(), drift, as_json))


@verbs.command("check", short_help="are files in order", rich_help_panel=PANEL)
def check(
    stack: Annotated[
        str | None,
        typer.Option("-s", "--stack", help="one alone; else all stack files here", **OF_STACKS),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="advice counts as a mistake")] = False,
    as_json: Json = False,
) -> None:
    """Judge stack files: mistakes, rosters, budgets, residual access. Needs no network and no engine."""
    from cli.commands.check import run

    raise typer.Exit(run(stack, strict, as_json))


@verbs.command("summary", short_help="roles, ARNs, people", rich_help_panel=PANEL)
def summary(stack: Stack, as_json: Json = False) -> None:
    """What a stack holds: each cohort's level, people, role, profiles and log."""
    from cli.live.engine import outputs
    from cli.live.stack import stack_file
    from cli.terminal.summary import print_summary

    rollout, known = stack_file(Path.cwd(), stack), outputs(Path.cwd(), stack)
    if as_json:
        print(json.dumps(known.get("cohorts", {}), indent=2))
    else:
        from rich.console import Console

        print_summary(Console(), stack, rollout, known)


@verbs.command("incidents", short_help="cuts files forget", rich_help_panel=PANEL)
def incidents(stack: Stack, as_json: Json = False) -> None:
    """Cuts that a stack has on record and its file does not know, so that an update would give access back unasked.

    Exit 1 where there are any. `set-level` and `ci/deploy` ask the same before they update. What `rollout cut` put in
    IAM is listed too, and whether the file knows it; no update takes that away, so it changes the exit code of
    `rollout status` alone.
    """
    from cli.commands.incidents import run

    raise typer.Exit(run(stack, as_json))


@verbs.command("report", short_help="a page for leaders", rich_help_panel=PANEL)
def report(
    stack: Annotated[str | None, typer.Option("-s", "--stack", help="else the selected one", **OF_STACKS)] = None,
    everyone: Annotated[bool, typer.Option("--all", help="every stack here: a page of all, and one of each")] = False,
    out: Annotated[Path, typer.Option(help="the file to write")] = Path("report.html"),
    since: Annotated[str | None, typer.Option(help="the first day to show, such as 2026-09-07")] = None,
    to: Annotated[str | None, typer.Option(help="publish it too, such as s3://BUCKET/claude-code/prod.html")] = None,
    as_json: Json = False,
) -> None:
    """Write a page for leadership: levels, people, adoption, spend, success, incidents; or print its figures.

    It is published only into a bucket of this account whose public access is blocked. With `--all`, exit 3 where a
    stack could not be read; its row says why.
    """
    if everyone:
        from cli.commands.report_all import run as run_all

        if to:
            raise typer.BadParameter("of one stack at a time; leave --all out", param_hint="--to")
        raise typer.Exit(run_all(out, since, as_json))
    from cli.commands.report import run

    run(stack or selected_stack(), out, since, as_json, to)


@verbs.command("reconcile", short_help="against AWS's bill", rich_help_panel=PANEL)
def reconcile(
    stack: Stack,
    month: Annotated[str, typer.Argument(help="such as 2026-11")],
    people: Annotated[bool, typer.Option("--people", help="by person too, by name")] = False,
    as_json: Json = False,
) -> None:
    """Hold what the meter counted in a month against AWS's bill: by cohort, model and kind of token, each difference
    with its cause.

    Needs `billing_export` in the stack file. Exit 0 where they agree, what is rounded, taxed or not yet billed apart;
    1 where a difference is for a person to look at; 2 where the two cannot be held against each other.
    """
    from cli.commands.reconcile import run

    raise typer.Exit(run(stack, month, people, as_json))


@verbs.command("gate", short_help="success targets met", rich_help_panel=PANEL)
def gate(stack: Stack, cohort: Cohort, as_json: Json = False) -> None:
    """Whether a cohort's success metrics meet its targets. Exit 0 met, 1 not met, 3 not enough data."""
    from cli.commands.gate import run

    raise typer.Exit(run(stack, cohort, as_json))


@verbs.command("me", short_help="your own use, level", rich_help_panel=PANEL)
def me(
    profile: Annotated[
        str | None, typer.Option("--profile", help="an AWS profile; else as AWS's tools find one")
    ] = None,
    as_json: Json = False,
) -> None:
    """What you used today, what is left, your level and why: read with your own AWS session. Exit 1 where AWS refuses.

    IAM lets each person read their own figures and nobody else's. No stack file is needed.
    """
    from cli.commands.me import run

    raise typer.Exit(run(profile, as_json))


@verbs.command("explain", short_help="why AccessDenied", rich_help_panel=PANEL)
def explain(
    stack: Stack,
    email: Email,
    began: Annotated[str | None, typer.Option(help="when their session did, RFC 3339, where they know")] = None,
    as_json: Json = False,
) -> None:
    """Why a person is refused: stack file, last update, Okta, IAM, meter and session, each asked by itself, and the one
    most likely reason with what to do.

    Exit 1 where something refuses them; 3 where nothing was found, and a source did not answer. Okta is asked where
    OKTA_API_TOKEN is set. Nothing is changed.
    """
    from cli.explain.explain import run

    raise typer.Exit(run(stack, email, began, as_json))


@verbs.command("top", short_help="who spent most", rich_help_panel=PANEL)
def top(
    stack: Stack,
    by: Annotated[str, typer.Option(help="person, team, model or cohort")] = "person",
    day: Annotated[str | None, typer.Option(help="such as 2026-11-23, or yesterday")] = None,
    month: Annotated[str | None, typer.Option(help="such as 2026-11; this one unless said")] = None,
    most: Annotated[int, typer.Option("-n", min=1, max=10_000, help="how many of them")] = 10,
    as_json: Json = False,
) -> None:
    """Who spent most in a day or a month, as the meter counted it. People are named.

    Logs Insights reads the usage logs, and is paid for by the byte it reads. Exit 2 where AWS does not tell.
    """
    from cli.commands.top import run

    raise typer.Exit(run(stack, by, day, month, most, as_json))


@verbs.command("serve", short_help="status as a page", rich_help_panel=PANEL)
def serve(
    stack: Stack, port: Annotated[int, typer.Option(min=1, max=65535, help="of this machine alone")] = 8787
) -> None:
    """Status and report as pages on 127.0.0.1 that refresh themselves, until Ctrl-C. They only read.

    The address has a key: nobody else on the machine, and no other page, can read them.
    """
    from cli.serve.serve import run

    run(stack, port)
