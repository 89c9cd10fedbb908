"""What a person makes once per account, by the real CLI: the bucket and key that states are then kept in, and roles."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from botocore.exceptions import ClientError

from rollout.pipeline.bootstrap import PROJECT as NAME
from sandbox import workspace
from sandbox.settings import ACCOUNT_ID
from tests.engine.pipeline.test_policies import judged
from tests.engine.world import World
from tests.stacks import PROJECT

STACK = "account"
BUCKET = f"claude-code-rollout-states-{ACCOUNT_ID}"
SETTINGS: dict[str, Any] = {
    "repository": "acme/claude-code-rollout",
    "okta_domain": "acme.okta.com",
    "stacks": ["dev", "prod"],
    "on_call_principal_arns": [f"arn:aws:iam::{ACCOUNT_ID}:role/on-call-engineers"],
}
ROLES = (
    "rollout-workflow-dev",
    "rollout-workflow-dev-preview",
    "rollout-workflow-prod",
    "rollout-workflow-prod-preview",
    "rollout-on-call",
)


class Bootstrap:
    """The project `bootstrap/` in a world's folder."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.folder = world.folder / "bootstrap"
        shutil.copytree(PROJECT / "bootstrap", self.folder, ignore=shutil.ignore_patterns("Pulumi.*.yaml"))
        self.pulumi("stack", "init", STACK)
        self.configure(SETTINGS)

    def configure(self, settings: Mapping[str, Any]) -> None:
        file = self.folder / f"Pulumi.{STACK}.yaml"
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        content["config"] = {f"{NAME}:{key}": value for key, value in settings.items()}
        file.write_text(yaml.safe_dump(content), encoding="utf-8")

    def pulumi(self, *arguments: str, fails: bool = False) -> str:
        return pulumi(self.world, self.folder, *arguments, fails=fails)

    def up(self) -> None:
        self.pulumi("up", "--stack", STACK, "--yes", "--skip-preview")

    def output(self, name: str) -> Any:
        return json.loads(self.pulumi("stack", "output", name, "--json", "--stack", STACK))


def pulumi(world: World, folder: Path, *arguments: str, url: str | None = None, fails: bool = False) -> str:
    """The CLI in another folder than the world's, or against another backend."""
    result = subprocess.run(
        [str(workspace.bin_folder(world.settings) / "pulumi"), *arguments, "--non-interactive", "--color", "never"],
        cwd=folder,
        env=workspace.full_environment(world.settings) | ({"PULUMI_BACKEND_URL": url} if url else {}),
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    printed = result.stdout + result.stderr
    assert "Traceback" not in printed, printed
    assert (result.returncode != 0) == fails, printed
    return result.stdout if not fails else printed


@pytest.fixture
def bootstrap(empty: World) -> Bootstrap:
    return Bootstrap(empty)


def test_bootstrap_is_made_once_and_a_second_time_changes_nothing(bootstrap: Bootstrap) -> None:
    bootstrap.pulumi("preview", "--stack", STACK)
    bootstrap.up()
    bootstrap.pulumi("preview", "--stack", STACK, "--expect-no-changes")
    bootstrap.pulumi("preview", "--stack", STACK, "--refresh", "--expect-no-changes")
    roles = {role["RoleName"] for role in bootstrap.world.aws("iam").list_roles()["Roles"]}
    assert set(ROLES) <= roles
    assert bootstrap.output("backend_url") == f"s3://{BUCKET}?region=us-east-1"


def test_the_role_for_on_call_cuts_and_is_gone_where_nobody_is_named(bootstrap: Bootstrap) -> None:
    bootstrap.up()
    assert bootstrap.output("on_call_role") == f"arn:aws:iam::{ACCOUNT_ID}:role/rollout-on-call"
    bootstrap.configure({key: value for key, value in SETTINGS.items() if key != "on_call_principal_arns"})
    bootstrap.up()
    roles = {role["RoleName"] for role in bootstrap.world.aws("iam").list_roles()["Roles"]}
    assert "rollout-on-call" not in roles
    assert set(ROLES) - {"rollout-on-call"} <= roles


def test_what_it_makes_complies_with_the_policy_pack(bootstrap: Bootstrap) -> None:
    bootstrap.pulumi("preview", "--stack", STACK, "--policy-pack", str(PROJECT / "policies"))
    bootstrap.up()
    found = judged(bootstrap.world, bootstrap.folder, STACK)
    assert found.returncode == 0, found.stdout + found.stderr


def test_neither_states_nor_their_key_can_be_destroyed(bootstrap: Bootstrap) -> None:
    bootstrap.up()
    said = bootstrap.pulumi("destroy", "--stack", STACK, "--yes", fails=True)
    assert "deployment-states" in said
    assert "deployment-secrets" in said
    assert "because it is protected" in said
    bootstrap.pulumi("preview", "--stack", STACK, "--refresh", "--expect-no-changes")
    bootstrap.pulumi("state", "unprotect", "--all", "--stack", STACK, "--yes")
    s3 = bootstrap.world.aws("s3")
    s3.put_object(Bucket=BUCKET, Key="a", Body=b"a state")
    said = bootstrap.pulumi("destroy", "--stack", STACK, "--yes", "--skip-preview", fails=True)
    assert "BucketNotEmpty" in said
    assert s3.get_object(Bucket=BUCKET, Key="a")["Body"].read() == b"a state"


def test_mistakes_in_its_settings_come_out_all_at_once(bootstrap: Bootstrap) -> None:
    issuer = "arn:aws:iam::123456789012:oidc-provider/example.org"
    bootstrap.configure(
        {"repository": "https://github.com/acme/x", "okta_domain": "https://acme", "stacks": [], "issuer_arn": issuer}
        | {"repo": "x", "on_call_principal_arns": ["arn:aws:iam::123456789012:role/*"]}
    )
    said = bootstrap.pulumi("preview", "--stack", STACK, fails=True)
    assert "has 6 mistakes; nothing was touched" in said
    for line in (
        "repository: not a repository at GitHub as owner/name",
        "okta_domain: not a domain such as acme.okta.com",
        "stacks: empty; name at least one",
        "issuer_arn: not the ARN of GitHub's OIDC provider",
        "repo: unknown key; allowed: ",
        "on_call_principal_arns.0: not the ARN of a role",
    ):
        assert line in said
    assert bootstrap.world.aws("kms").list_keys()["Keys"] == []


def test_a_stack_lives_in_the_bucket_with_its_secrets_under_the_key(bootstrap: Bootstrap) -> None:
    bootstrap.up()
    world = bootstrap.world
    # Buckets have no host name of their own on loopback.
    url = f"{bootstrap.output('backend_url')}&endpoint={world.settings.aws_url}&s3ForcePathStyle=true"
    file = world.folder / "Pulumi.kept.yaml"
    content = yaml.safe_load(world.stack_text("dev"))
    content.pop("encryptionsalt", None)
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    provider = f"{bootstrap.output('secrets_provider')}&context_stack=kept"
    pulumi(world, world.folder, "stack", "init", "kept", "--secrets-provider", provider, url=url)
    secret = "whsec_" + "A" * 43 + "="
    setting = ("config", "set", "--secret", "--stack", "kept")
    pulumi(world, world.folder, *setting, "webhook_signing_key", secret, url=url)
    pulumi(world, world.folder, "up", "--stack", "kept", "--yes", "--skip-preview", url=url)
    pulumi(world, world.folder, "preview", "--stack", "kept", "--expect-no-changes", url=url)
    s3 = world.aws("s3")
    kept = s3.get_object(Bucket=BUCKET, Key=".pulumi/stacks/claude-code-rollout/kept.json")
    state = kept["Body"].read().decode()
    assert kept["ServerSideEncryption"] == "aws:kms"
    latest = json.loads(state)["checkpoint"]["latest"]
    assert latest["secrets_providers"]["type"] == "cloud"
    # The context by which a role that previews one stack cannot open another's.
    key = base64.b64decode(yaml.safe_load(file.read_text(encoding="utf-8"))["encryptedkey"])
    assert world.aws("kms").decrypt(CiphertextBlob=key, EncryptionContext={"stack": "kept"})["Plaintext"]
    with pytest.raises(ClientError, match="InvalidCiphertext"):
        world.aws("kms").decrypt(CiphertextBlob=key)
    assert secret not in state
    assert len(latest["resources"]) > 100
    versions = s3.list_object_versions(Bucket=BUCKET, Prefix=".pulumi/stacks/claude-code-rollout/kept.json")
    assert len([each for each in versions["Versions"] if each["Key"].endswith("kept.json")]) > 1
