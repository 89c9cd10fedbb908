"""The collector's archive: all that it imports, nothing compiled, and the same wherever it is made."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from components.functions.delivery import DISTRIBUTIONS, FILES
from components.functions.function_code import sources
from rollout.account import Account
from rollout.model.cohort import Member
from rollout.model.success import Github
from rollout.success.collector_input import delivery_policy, login
from tests import stacks
from tests.alarms.test_alarms import rollout


def test_it_starts_with_nothing_but_what_it_takes_along_and_boto3(tmp_path: Path) -> None:
    for path, file in {path: file for name in DISTRIBUTIONS for path, file in sources(name).items()}.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, tmp_path / path)
    for path in FILES:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(stacks.PROJECT / path, tmp_path / path)
    stub = "import sys, types\n"
    for name in ("boto3", "botocore", "botocore.config", "botocore.exceptions"):
        stub += f"sys.modules[{name!r}] = types.ModuleType({name!r})\n"
    stub += "sys.modules['botocore.config'].Config = dict\nsys.modules['botocore.exceptions'].ClientError = OSError\n"
    program = f"""{stub}
sys.path.insert(0, {str(tmp_path)!r})
import functions.delivery, httpcore, anyio, json
from httpcore._backends import anyio as backend
taken = [m for m in sys.modules if m.partition(".")[0] in ("jwt", "cryptography", "pydantic", "pulumi")]
print(json.dumps(taken))
"""
    command = [sys.executable, "-I", "-S", "-B", "-c", program]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, env={"PATH": os.environ["PATH"]})
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout) == []


def test_it_holds_sources_alone_by_the_paths_they_are_imported_by() -> None:
    found = {path for name in DISTRIBUTIONS for path in sources(name)}
    assert {"httpx/__init__.py", "gidgethub/abc.py", "typing_extensions.py"} <= found
    assert all(path.endswith(".py") and not path.startswith((".", "/")) for path in found)
    assert list(sources("httpx")) == sorted(sources("httpx"))


def test_a_library_with_compiled_parts_is_refused() -> None:
    with pytest.raises(ValueError, match="pydantic_core is no pure Python: "):
        sources("pydantic_core")


def test_it_may_do_what_it_does_and_nothing_else() -> None:
    secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:claude-code/github-token-AbCdEf"
    policy = delivery_policy(Account("123456789012", "us-east-1"), rollout(), secret)
    allowed = {action for statement in policy["Statement"] for action in statement["Action"]}
    assert allowed == {
        *("secretsmanager:GetSecretValue", "dynamodb:BatchGetItem", "dynamodb:BatchWriteItem"),
        *("ssm:GetParameter", "ssm:PutParameter", "logs:CreateLogStream", "logs:PutLogEvents"),
    }
    resources = [resource for statement in policy["Statement"] for resource in statement["Resource"]]
    assert [one for one in resources if "*" in one] == [
        "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/claude-code-delivery:log-stream:*"
    ]


@pytest.mark.parametrize(
    ("email", "member", "suffix", "wanted"),
    [
        ("alice.chen@acme.example", {}, None, "alice-chen"),
        ("o_brien+x@acme.example", {}, "acme", "o-brien-x_acme"),
        ("alice.chen@acme.example", {"github": "AliceC"}, "acme", "AliceC"),
    ],
)
def test_a_login_is_the_members_own_or_made_of_the_address(
    email: str, member: dict[str, str], suffix: str | None, wanted: str
) -> None:
    known = Member.model_validate({"name": "x", "team": "backend", **member})
    assert login(email, known, Github(organization="acme", login_suffix=suffix)) == wanted
