"""`rollout onboarding-page`: a cohort's page for developers, written whole or not at all."""

from __future__ import annotations

from pathlib import Path

from cli.stack_file.change import write
from cli.stack_file.files import rollout_of
from cli.stack_file.listing import stack_path
from cli.terminal.errors import CommandError
from cli.terminal.json_out import print_json
from rollout.model.errors import nearest
from rollout.onboarding.page import page


def run(stack: str, cohort: str, out: Path | None, as_json: bool) -> None:
    """Needs no network, no engine and no credentials. CommandError where there is no such cohort, or no such folder."""
    rollout = rollout_of(stack_path(Path.cwd(), stack))
    if cohort not in rollout.cohorts:
        raise CommandError(f"no cohort {cohort} in stack {stack}; {nearest(cohort, rollout.cohorts)}")
    if cohort not in rollout.of_people:
        text = f"cohort {cohort} is of machines, which read no page"
        raise CommandError(f"{text}; `rollout sign-in {cohort}` says what they run")
    file = out or Path(f"onboarding-{cohort}.html")
    try:
        write(file, page(rollout, cohort))
    except OSError as error:
        raise CommandError(f"{file}: {error.strerror}") from None
    if as_json:
        print_json({"cohort": cohort, "file": str(file)})
        return
    print(f"{file}: {file.stat().st_size // 1000} kB, for the developers of cohort {cohort}; it names none of them")
    if not rollout.notify.onboarding_page:
        print("notify.onboarding_page: set it to the page's address, and whoever gets access is sent there")
