"""The commands, with what each takes. What they do is elsewhere, and loaded when it is asked for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.completion import complete_cohort, complete_level, complete_member, complete_who
from cli.stack_file.selected import selected_stack
from cli.terminal.json_out import print_json
from cli.verbs import developers
from cli.verbs.options import OF_STACKS, Cohort, Json, Stack

EXIT_CODES = (
    "0 done; 1 refused, or not as it should be; 2 not understood, or not to be seen; 3 done in part, and said which; "
    "70 a fault of rollout itself; 130 stopped by whoever typed it"
)

app = typer.Typer(
    name="rollout",
    help="What people type beside `pulumi`.",
    epilog=f"Exit codes: {EXIT_CODES}.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

OF_MEMBERS: Any = {"autocompletion": complete_member}
LEVELS = "active, restricted, throttled, suspended, rolled_back or planned"

Yes = Annotated[bool, typer.Option("-y", "--yes", help="do not ask")]
Shared = Annotated[bool, typer.Option("--shared", help="also where other stacks read the same roster")]
Email = Annotated[str, typer.Argument(help="an e-mail address", autocompletion=complete_member)]


def _version(wanted: bool) -> None:
    if wanted:
        from rollout import __version__

        print(f"rollout {__version__}")
        raise typer.Exit


@app.callback()
def every(
    version: Annotated[
        bool, typer.Option("--version", help="print the version, and end", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """What people type beside `pulumi`."""


@app.command()
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


@app.command()
def summary(stack: Stack, as_json: Json = False) -> None:
    """What a stack holds: each cohort's level, people, role, profiles and log."""
    from cli.live.stack import outputs, stack_file
    from cli.terminal.summary import print_summary

    rollout, known = stack_file(Path.cwd(), stack), outputs(Path.cwd(), stack)
    if as_json:
        print(json.dumps(known.get("cohorts", {}), indent=2))
    else:
        from rich.console import Console

        print_summary(Console(), stack, rollout, known)


@app.command()
def status(
    stack: Stack,
    drift: Annotated[bool, typer.Option("--drift", help="ask every provider what was changed by hand; slow")] = False,
    as_json: Json = False,
) -> None:
    """How a stack stands: levels, people, profiles, use, spend, alarms, and what is in force in IAM, Okta and on Macs.

    Exit 1 where something needs a person: IAM does otherwise than the file says, `rollout cut` put what the file does
    not know, an alarm fires, file and stack differ, drift, the last update failed, or the month's budget is spent. Else
    0, also where a source was not reached, which is noted. Okta is asked where OKTA_API_TOKEN is set.
    """
    from cli.commands.status import run

    raise typer.Exit(run(stack, drift, as_json))


@app.command()
def incidents(stack: Stack, as_json: Json = False) -> None:
    """Cuts that a stack has on record and its file does not know, so that an update would give access back unasked.

    Exit 1 where there are any. `set-level` and `ci/deploy` ask the same before they update. What `rollout cut` put in
    IAM is listed too: no update takes that away.
    """
    from cli.commands.incidents import run

    raise typer.Exit(run(stack, as_json))


@app.command()
def gate(stack: Stack, cohort: Cohort, as_json: Json = False) -> None:
    """Whether a cohort's success metrics meet its targets. Exit 0 met, 1 not met, 3 not enough data."""
    from cli.commands.gate import run

    raise typer.Exit(run(stack, cohort, as_json))


@app.command()
def redrive(
    stack: Stack,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="how many records at most")] = 10_000,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Hand in again what the meter put aside. Nothing is counted twice. Exit 1 where something is still put aside."""
    from cli.commands.redrive import run

    raise typer.Exit(run(stack, limit, yes, as_json))


@app.command()
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


@app.command()
def doctor(
    stack: Annotated[str | None, typer.Option("-s", "--stack", help="else the selected one", **OF_STACKS)] = None,
    mine: Annotated[
        bool,
        typer.Option("--me", help="look at this machine instead, as a developer's; no stack is needed"),
    ] = False,
    prove: Annotated[
        bool, typer.Option("--prove", help="prove instead that whoever is over a stop is counted and denied")
    ] = False,
    as_json: Json = False,
) -> None:
    """What a rollout needs and has not, worst first, each with its fix. Exit 1 something is broken, 3 not all asked.

    With `--prove`, the meter takes a person who does not exist over a stop, and IAM is asked what it decides of them.
    Nobody else is counted or stopped, and nothing of it stays. Needs the right to invoke the meter, and AWS alone.

    With `--me`: Claude Code and its version, okta-aws-cli, the managed settings and their level, the sign-in, the
    clock, the profile. It signs nobody in, prints no credential, and with `-s` compares with that stack's file.
    """
    from cli.commands import doctor
    from cli.commands import prove as proof

    if mine:
        from cli.commands.doctor_me import run

        raise typer.Exit(run(stack, as_json))
    stack = stack or selected_stack()
    raise typer.Exit(proof.run(stack, as_json) if prove else doctor.run(stack, as_json))


@app.command()
def cut(
    subject: Annotated[
        str,
        typer.Argument(
            metavar="COHORT|PERSON", help="a cohort's name, or an e-mail address", autocompletion=complete_cohort
        ),
    ],
    stack: Annotated[
        str | None, typer.Option("-s", "--stack", help="whose cohorts; else of all files here", **OF_STACKS)
    ] = None,
    cohort: Annotated[
        list[str] | None,
        typer.Option(
            "--cohort", help="of a person, or of a login without @; no file is needed", autocompletion=complete_cohort
        ),
    ] = None,
    incident: Annotated[str | None, typer.Option(help="its id, to be said again in the next step")] = None,
    lift: Annotated[bool, typer.Option("--lift", help="of who is in no stack file, an hour after the cut")] = False,
    as_json: Json = False,
) -> None:
    """Deny a cohort, or one person, everything, at once and by AWS alone: an inline policy that no update takes away.

    Asks nothing. Needs AWS credentials, and no engine, Okta, Jamf Pro, state, lock or valid stack file. `set-level`
    comes next, and gives access back at the end.
    """
    from cli.commands import cut as command

    if lift:
        raise typer.Exit(command.run_lift(subject, stack, cohort or [], as_json))
    raise typer.Exit(command.run(subject, stack, cohort or [], incident, as_json))


@app.command("break-glass")
def break_glass(
    stack: Stack,
    cohort: Annotated[str, typer.Option("-c", "--cohort", help="a cohort's name", autocompletion=complete_cohort)],
    whatever: Annotated[
        bool, typer.Option("--whatever-the-file-says", help="even where the stack file would give access back")
    ] = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Deny a cohort everything by AWS alone, then take it, logs excepted; asks in between. Safe to repeat.

    Exit 3 where the Deny is in force and the rest is not done, as while Okta is away: it says what.
    """
    from cli.commands.break_glass import break_glass as take

    said: list[str] = []

    def tell(line: str) -> None:
        said.append(line)
        if not as_json:
            print(line, flush=True)

    code = take(Path.cwd(), stack, cohort, whatever, yes, tell, quiet=as_json)
    if as_json:
        print_json({"said": said})
    raise typer.Exit(code)


@app.command()
def diff(
    base: Annotated[Path, typer.Argument(help="the stack file as it is, in a folder with its rosters")],
    head: Annotated[Path, typer.Argument(help="as it is to be")],
    preview: Annotated[Path | None, typer.Option(help="the engine's events, as ci/preview writes them")] = None,
    engine_diff: Annotated[Path | None, typer.Option(help="what `pulumi preview --diff` says")] = None,
    changed: Annotated[Path | None, typer.Option(help="names of the files of the whole request, one a line")] = None,
    as_json: Json = False,
) -> None:
    """What a change of a stack file does, in Markdown, for its review."""
    from cli.commands.diff import review

    said = review(base, head, preview, engine_diff, changed)
    if as_json:
        print_json({"markdown": said})
    else:
        print(said)


@app.command("add-cohort")
def add_cohort(
    stack: Stack,
    cohort: Cohort,
    models: Annotated[list[str], typer.Option("-m", "--model", help="a label of `models`; the first is the default")],
    level: Annotated[str, typer.Option(help="planned or active")] = "planned",
    roster: Annotated[str | None, typer.Option(help="a CSV file below the project's folder")] = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Write a new cohort into the stack file."""
    from cli.commands import edit

    edit.add_cohort(stack, cohort, models, level, roster, yes, as_json)


@app.command("add-member")
def add_member(
    stack: Stack,
    cohort: Cohort,
    email: Email,
    name: Annotated[str, typer.Option(help="as people call them")],
    team: Annotated[str, typer.Option(help="one of organization.teams")],
    role: Annotated[str | None, typer.Option()] = None,
    seniority: Annotated[str | None, typer.Option(help="senior, mid or junior")] = None,
    champion: Annotated[bool, typer.Option("--champion", help="colleagues turn to them for help")] = False,
    manager: Annotated[str | None, typer.Option(help="an e-mail address")] = None,
    rationale: Annotated[str | None, typer.Option(help="why this person")] = None,
    shared: Shared = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Write a new member into a cohort: into its roster where it has one, else into the stack file."""
    from cli.commands import edit

    fields = {"name": name, "team": team, "role": role, "seniority": seniority}
    edit.add_member(
        stack,
        cohort,
        email.strip().lower(),
        {**fields, "champion": champion, "manager": manager, "rationale": rationale},
        yes,
        as_json,
        shared,
    )


@app.command("remove-member")
def remove_member(
    stack: Stack, cohort: Cohort, email: Email, shared: Shared = False, yes: Yes = False, as_json: Json = False
) -> None:
    """Take a member out of a cohort. Who must lose access at once is suspended: see `set-level --member`."""
    from cli.commands import edit

    edit.remove_member(stack, cohort, email.strip().lower(), yes, as_json, shared)


@app.command("import-roster")
def import_roster(
    stack: Stack,
    cohort: Cohort,
    file: Annotated[Path, typer.Argument(help="a CSV file: name, email, team and more")],
    shared: Shared = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Take a CSV file over as a cohort's roster, judged first."""
    from cli.commands import edit

    edit.import_roster(stack, cohort, file, yes, as_json, shared)


@app.command("set-level")
def set_level(
    stack: Stack,
    who: Annotated[
        str, typer.Argument(help="a cohort's name, or one person's e-mail address", autocompletion=complete_who)
    ],
    level: Annotated[
        str,
        typer.Argument(help=LEVELS, autocompletion=complete_level),
    ],
    member: Annotated[str | None, typer.Option(help="one member alone, by e-mail address", **OF_MEMBERS)] = None,
    incident: Annotated[str | None, typer.Option(help="its id, for a level above active")] = None,
    reason: Annotated[str | None, typer.Option(help="in a sentence; people are told")] = None,
    since: Annotated[str | None, typer.Option(help="when it began, RFC 3339; now unless given")] = None,
    deny: Annotated[list[str] | None, typer.Option(help="a rule for Claude Code meanwhile")] = None,
    yes: Annotated[bool, typer.Option("-y", "--yes", help="do not preview, do not ask")] = False,
    as_json: Json = False,
) -> None:
    """Bring a cohort, or one person, to a level: preview, ask, write, update, verify, and say how long it took.

    From `suspended` on, the first step is a Deny in IAM, before anything else is asked.
    """
    from cli.commands.level import run

    run(stack, who, level, member, incident, reason, since, deny or [], yes, as_json)


@app.command()
def drill(
    cohort: Annotated[
        str | None,
        typer.Argument(help="with its people; without one, in a sandbox", autocompletion=complete_cohort),
    ] = None,
    stack: Annotated[str | None, typer.Option("-s", "--stack", help="of the cohort", **OF_STACKS)] = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Take a cohort level by level and give back, each verified and timed: in a sandbox of its own, or in earnest."""
    from cli.commands import drill as command

    if cohort is None and as_json:
        raise typer.BadParameter("name one with --json: the sandbox's drill prints text", param_hint="COHORT")
    if cohort is None:
        raise typer.Exit(command.in_sandbox())
    if stack is None:
        raise typer.BadParameter("name one", param_hint="--stack")
    command.with_people(stack, cohort, yes, as_json)


@app.command()
def select(
    stack: Stack,
    directory: Annotated[Path | None, typer.Option(help="CSV: name, email, team, seniority, champion")] = None,
    okta: Annotated[bool, typer.Option("--okta", help="in place of a CSV; takes OKTA_API_TOKEN")] = False,
    team_attribute: Annotated[str, typer.Option(help="of Okta's profile")] = "department",
    seniority_attribute: Annotated[str, typer.Option(help="senior, mid or junior; others are left out")] = "userType",
    champion_attribute: Annotated[
        str | None,
        typer.Option(help="yes or true; Okta has none of its own: without one, --champions 0 or a CSV"),
    ] = None,
    size: Annotated[int, typer.Option(min=1, max=1_000_000, help="people")] = 25,
    juniors: Annotated[str, typer.Option(help="at least-at most")] = "2-3",
    champions: Annotated[int, typer.Option(min=0, max=1_000_000, help="in each team")] = 2,
    senior_percent: Annotated[int, typer.Option(min=0, max=100, help="of seniors and mids")] = 60,
    seed: Annotated[int, typer.Option(help="another seed, other people")] = 0,
    out: Annotated[Path | None, typer.Option(help="write them as a roster")] = None,
    as_json: Json = False,
) -> None:
    """Propose a cohort from a directory of people, by the plan's rules, and say why each."""
    if okta == bool(directory):
        raise typer.BadParameter("give one of the two", param_hint="--directory, --okta")
    from cli.commands.select import run
    from cli.live.okta_people import Attributes

    attributes = Attributes(team=team_attribute, seniority=seniority_attribute, champion=champion_attribute)
    code = run(stack, directory, attributes, size, juniors, champions, senior_percent, seed, out, as_json)
    raise typer.Exit(code)


@app.command()
def report(
    stack: Stack,
    out: Annotated[Path, typer.Option(help="the file to write")] = Path("report.html"),
    since: Annotated[str | None, typer.Option(help="the first day to show, such as 2026-09-07")] = None,
    as_json: Json = False,
) -> None:
    """Write a page for leadership: levels, people, adoption, spend, success, incidents; or print its figures."""
    from cli.commands.report import run

    run(stack, out, since, as_json)


@app.command()
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


@app.command()
def settings(
    stack: Annotated[str | None, typer.Option("-s", "--stack", help="else the selected one", **OF_STACKS)] = None,
    out: Annotated[Path, typer.Option(help="the folder to write into")] = Path("settings"),
    schema: Annotated[str | None, typer.Option(help="Claude Code's JSON schema: a file or an https:// address")] = None,
    machine: Annotated[str | None, typer.Option(help="look at this machine's own, for mac.channel as given")] = None,
    as_json: Json = False,
) -> None:
    """Write Claude Code's managed settings of a stack's cohorts, in every form; or judge those of this machine."""
    from cli.commands import settings as command

    if machine:
        lines = command.look(command.channel(machine), schema=schema)
        if as_json:
            print_json({"findings": lines})
        else:
            print("\n".join(lines) or "nothing is wrong with the managed settings of this machine")
        raise typer.Exit(1 if lines else 0)
    command.write(stack or selected_stack(), out, schema, as_json)


developers.register(app)


def main() -> int:
    from cli.run import run

    return run(app)
