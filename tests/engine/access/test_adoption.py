"""What an account and an Okta organization have already is used as it is, and left as it was."""

from __future__ import annotations

import json
from typing import Any

import yaml

from tests.engine.world import World

# With the group filter that Okta's own pages have, for groups of another form.
COMPANY: dict[str, Any] = {
    "appFilter": "okta",
    "awsEnvironmentType": "aws.amazon",
    "groupFilter": r"^aws\#\S+\#(?{{role}}[\w\-]+)\#(?{{accountid}}\d+)$",
    "identityProviderArn": "arn:aws:iam::123456789012:saml-provider/okta",
    "joinAllRoles": False,
    "loginURL": "https://console.aws.amazon.com/ec2/home",
    "roleValuePattern": "arn:aws:iam::${accountid}:saml-provider/okta,arn:aws:iam::${accountid}:role/${role}",
    "sessionDuration": 3600,
    "useGroupMapping": True,
}


def test_an_app_that_does_not_lead_to_our_roles_is_refused_with_all_that_is_wrong_before_it_is_used(
    empty: World,
) -> None:
    body = {"name": "amazon_aws", "label": "AWS (company)", "signOnMode": "SAML_2_0", "settings": {"app": COMPANY}}
    template = {"userNameTemplate": {"template": "${source.email}", "type": "BUILT_IN"}}
    app = empty.okta("/api/v1/apps?activate=true", "POST", {**body, "credentials": template})
    with empty.stack_file() as config:
        config["claude-code-rollout:adopt"] = {"okta_app_id": app["id"]}
    for arguments in (("preview",), ("up", "--yes", "--skip-preview")):
        said = empty.pulumi(*arguments, "--stack", "sandbox", fails=True)
        assert "An adopted Okta app does not fit:" in said
        for setting in ("groupFilter", "identityProviderArn", "userNameTemplate", "webSSOAllowedClient"):
            assert f"adopt.okta_app_id: {setting}: " in said, said
        assert "does not match aws_123456789012_claude-code-pilot" in said
    assert empty.okta(f"/api/v1/apps/{app['id']}/groups") == []
    doctor = empty.command("doctor", "-s", "sandbox", "--json")
    told = [one["what"] for one in json.loads(doctor.stdout) if one["check"] == "adopted in Okta"]
    assert len(told) == 4
    assert "adopt.okta_app_id: userNameTemplate: ${source.email}" in told


def test_a_second_stack_adopts_what_the_first_made_and_leaves_it_alone(pilot: World) -> None:
    ids = {r["urn"].rpartition("::")[2]: r.get("id") for r in pilot.state()}
    content = yaml.safe_load((pilot.folder / "Pulumi.sandbox.yaml").read_text(encoding="utf-8"))
    content["config"]["claude-code-rollout:adopt"] = {
        "saml_provider_arn": ids["federation-saml"],
        "okta_app_id": ids["federation-aws"],
        "okta_sign_in_app_id": ids["federation-sign-in"],
        "umbrella_group_id": ids["federation-umbrella"],
        "invocation_log_group": "/claude-code/invocations",
        "announcer": True,
        "meter": True,
    }
    content["config"]["claude-code-rollout:cohorts"] = {
        "wave2": {
            "level": "active",
            "models": ["haiku"],
            "members": {"ravi.menon@acme.example": {"name": "Ravi Menon", "team": "backend"}},
        }
    }
    for key in ("github", "github_token", "github_webhook_secret"):  # what counts has these
        del content["config"][f"claude-code-rollout:{key}"]
    (pilot.folder / "Pulumi.other.yaml").write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    pilot.pulumi("stack", "init", "other", "--no-select")
    pilot.up(stack="other")
    assert pilot.sign_in("ravi.menon@acme.example", "wave2")
    assert [change["cohort"] for change in pilot.changes_of_level()] == ["pilot", "wave2"]
    assert pilot.sign_in("alice.chen@acme.example", "pilot")
    pilot.pulumi("preview", "--stack", "other", "--refresh", "--expect-no-changes")
    told = pilot.signing_in("wave2", stack="other")["credential_process"]
    assert ids["federation-aws"] in told
    assert str(ids["federation-saml"]) in told

    pilot.pulumi("state", "unprotect", "--all", "--yes", "--stack", "other")
    pilot.pulumi("destroy", "--stack", "other", "--yes")
    assert {profile for profile in pilot.profiles() if "wave2" in profile} == set()
    assert len(pilot.group("Claude-Code-Users")) == 25
    assert "/claude-code/wave2/usage" in pilot.log_groups()
    pilot.pulumi("preview", "--stack", "sandbox", "--refresh", "--expect-no-changes")
    assert pilot.sign_in("alice.chen@acme.example", "pilot")
