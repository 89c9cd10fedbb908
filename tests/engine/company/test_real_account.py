"""What docs/real-account.md says to type, typed in its order by one shell, in a company's folder and the sandbox."""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from sandbox.settings import ACCOUNT_ID
from tests.documentation.markdown import blocks
from tests.engine.company.installed import Company, founded, wheels
from tests.stacks import PROJECT

PAGE = PROJECT / "docs" / "real-account.md"
# Beginnings of lines that are not typed here, each with why.
LEFT_OUT = {
    "rollout init ": "`founded` does so, from a file of answers and with the wheels of this clone",
    "cd ../claude-rollout": "the shell begins there",
    "export AWS_PROFILE=": "the sandbox's keys stand in for a profile",
    "aws ": "the AWS CLI is no part of the project; tests/documentation holds its commands against botocore's models",
    "curl ": "https is not loopback; `rollout doctor` asks for the same document",
    "export OKTA_API_": "the sandbox's Okta knows an API token alone; tests/live/test_doctor_account.py signs in",
    "pulumi config set --secret ": "asks a person; the company has neither Slack nor Jamf Pro",
    "gh ": "GitHub's client, on a real repository",
}
ASKING = ("pulumi up", "rollout set-level")
START = """
from sandbox import server, shown, workspace
from sandbox.settings import OKTA_TOKEN, from_environment
settings = from_environment()
workspace.prepare_engine(settings)
server.start(settings)
shown.asked(settings.okta_url, "/sandbox/hire", "POST", OKTA_TOKEN)
"""


def typed(address: str, states: Path) -> Iterator[str]:
    """`address`: the sandbox's AWS. `states`: in place of a person's home, which the engine finds without HOME."""
    for block in blocks("sh"):
        for line in block.text.splitlines() if block.page == PAGE else ():
            if line.strip().startswith(tuple(LEFT_OUT)):
                continue
            said = line.replace("210987654321", ACCOUNT_ID) + (" --yes" if line.startswith(ASKING) else "")
            said = said.replace("login --local", f"login {states.as_uri()}")
            # Buckets have no host name of their own on loopback.
            said = said.replace('login "$BACKEND"', f'login "$BACKEND&endpoint={address}&s3ForcePathStyle=true"')
            # It ends with 1 while something is missing, and a shell of a person goes on.
            yield said + " || true" if said.startswith("rollout doctor") else said


@pytest.fixture
def globex(tmp_path: Path) -> Generator[Company]:
    for name in ("product", "wheels", "second", "states"):
        (tmp_path / name).mkdir()
    company = founded(tmp_path / "second", wheels(tmp_path / "product", tmp_path / "wheels"))
    company.run(".venv/bin/python", "-c", START)
    company.enter()
    for name in ("PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE_FILE"):
        company.variables.pop(name, None)
    yield company
    company.run("make", "down")


def test_the_way_to_a_real_account_ends_with_a_cohort_that_works(globex: Company, tmp_path: Path) -> None:
    lines = list(typed(globex.variables["AWS_ENDPOINT_URL"], tmp_path / "states"))
    assert len(lines) >= 30
    globex.git("init", "--quiet", "--initial-branch", "main")
    said = globex.run("sh", "-exc", "\n".join(lines), code=0)

    file = (globex.folder / "Pulumi.prod.yaml").read_text(encoding="utf-8")
    assert re.search(r"^secretsprovider: awskms://", file, re.MULTILINE)
    assert "encryptionsalt" not in file
    assert "level: active" in file
    assert "rollout-workflow-prod-preview" in said
    found = {one["check"]: one["health"] for one in json.loads(doctor(globex))}
    assert {"trail", "secrets", "Okta organization", "invocation logging"} <= found.keys()
    assert [check for check, health in found.items() if health != "fine"] == []


def doctor(company: Company) -> str:
    return company.run(".venv/bin/rollout", "doctor", "-s", "prod", "--json", alone=True)


def test_each_reason_for_leaving_a_line_out_is_needed() -> None:
    lines = [line.strip() for block in blocks("sh") if block.page == PAGE for line in block.text.splitlines()]
    assert [start for start in LEFT_OUT if not any(line.startswith(start) for line in lines)] == []
