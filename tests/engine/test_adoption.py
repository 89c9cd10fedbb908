"""What an account and an Okta organization have already is used as it is, and left as it was."""

from __future__ import annotations

import yaml

from tests.engine.world import World


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
    told = pilot.output("sign_in", stack="other")["wave2"]["credential_process"]
    assert ids["federation-aws"] in told
    assert str(ids["federation-saml"]) in told

    pilot.pulumi("state", "unprotect", "--all", "--yes", "--stack", "other")
    pilot.pulumi("destroy", "--stack", "other", "--yes")
    assert {profile for profile in pilot.profiles() if "wave2" in profile} == set()
    assert len(pilot.group("Claude-Code-Users")) == 25
    assert "/claude-code/wave2/usage" in pilot.log_groups()
    pilot.pulumi("preview", "--stack", "sandbox", "--refresh", "--expect-no-changes")
    assert pilot.sign_in("alice.chen@acme.example", "pilot")
