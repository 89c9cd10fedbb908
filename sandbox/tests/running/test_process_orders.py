"""Orders to a running sandbox, its environment, and signing in through it."""

from __future__ import annotations

import http.client
import json
import os
import shlex
import subprocess
import sys
import time
from typing import Any

import boto3
import pytest

from sandbox import server
from sandbox.control import Control
from sandbox.dialects import OktaDialect
from sandbox.environment import UNSET, environment, exports
from sandbox.errors import SandboxError
from sandbox.settings import HOST, OKTA_TOKEN, REGION, Settings
from sandbox.tests.running.process_harness import client, command
from sandbox.workspace import pulumi_environment


def test_control_routes_of_okta_want_the_token_and_health_does_not(settings: Settings):
    server.start(settings)
    connection = http.client.HTTPConnection(HOST, settings.okta_port)
    statuses: list[int] = []
    for path, headers in (
        ("/sandbox/health", {}),
        ("/sandbox/calls", {}),
        ("/sandbox/calls", {"Authorization": f"SSWS {OKTA_TOKEN}"}),
    ):
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        statuses.append(answer.status)
    connection.close()
    assert statuses == [200, 401, 200]


def test_a_fault_in_okta_s_words_carries_its_rate_limit():
    from werkzeug.test import Client
    from werkzeug.wrappers import Response

    app = Control(Response("fine"), name="okta", names=["okta"], dialect=OktaDialect("t"))
    caller = Client(app)
    fault = {"match": "GET /api/v1/groups", "status": 429, "times": 2}
    caller.post("/sandbox/faults", json=fault, headers={"Authorization": "SSWS t"})
    answer = caller.get("/api/v1/groups")
    assert answer.status_code == 429
    assert answer.get_json()["errorCode"] == "E0000047"
    assert int(answer.headers["X-Rate-Limit-Reset"]) >= int(time.time())
    assert caller.get("/api/v1/users").status_code == 200


def test_the_environment_speaks_to_a_shell_and_hides_real_accounts(settings: Settings, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NO_PROXY", "internal.example")
    monkeypatch.setenv("AWS_PROFILE", "production")
    found = environment(settings)
    assert found["AWS_ENDPOINT_URL"] == settings.aws_url
    assert found["OKTA_HTTP_PROXY"] == settings.okta_url
    assert found["JAMF_URL"] == settings.jamf_url
    assert found["SLACK_API_URL"] == f"{settings.aws_url}/sandbox/slack/api/"
    assert found["NO_PROXY"] == "internal.example,127.0.0.1,localhost"
    assert found["AWS_CONFIG_FILE"] == found["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull
    assert not found.keys() & set(UNSET)
    script = f'{exports(found)}\nprintf "%s|%s" "$SANDBOX_HOME" "${{AWS_PROFILE-none}}"'
    shell = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert shell.stdout == f"{settings.home}|none"
    assert command(settings, "env").stdout.count("export ") == len(found | pulumi_environment(settings))
    assert shlex.quote(str(settings.home)) in exports(found)


def test_the_macs_are_shown_with_what_jamf_pro_has_put_on_them(settings: Settings):
    down = command(settings, "macs")
    assert (down.returncode, down.stderr) == (
        1,
        f"sandbox: Sandbox does not answer at {settings.jamf_url}: run `make up`\n",
    )
    server.start(settings)
    shown = command(settings, "macs").stdout
    assert "51 Macs, 0 with something from Jamf Pro" in shown
    assert "alice.chen@acme.example" in shown


def test_a_sign_in_that_fails_is_one_line(settings: Settings):
    arguments = ("sign-in", "alice.chen@acme.example", "--role-arn", "arn:aws:iam::123456789012:role/claude-pilot")
    down = command(settings, *arguments)
    assert (down.returncode, down.stdout) == (1, "")
    assert down.stderr == f"sandbox: The sandbox does not answer at {settings.okta_url}: run `make up`\n"
    server.start(settings)
    refused = command(settings, *arguments)
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert "amazon_aws" in refused.stderr


def test_stop_touches_no_process_that_is_not_the_sandbox(settings: Settings):
    settings.home.mkdir(parents=True)
    script = (
        "import fcntl, os, sys, time\n"
        "file = open(sys.argv[1], 'w'); fcntl.flock(file, fcntl.LOCK_EX)\n"
        "print(os.getpid(), file=file, flush=True); print('ready', flush=True); time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(server.pid_file(settings))], stdout=subprocess.PIPE
    ) as other:
        assert other.stdout
        other.stdout.readline()
        with pytest.raises(SandboxError, match="does not look like the sandbox"):
            server.stop(settings)
        assert other.poll() is None
        other.terminate()


class Okta:
    """As an administrator with the API token."""

    def __init__(self, settings: Settings) -> None:
        self._port = settings.okta_port

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        connection = http.client.HTTPConnection(HOST, self._port)
        headers = {"Authorization": f"SSWS {OKTA_TOKEN}", "Content-Type": "application/json"}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        assert answer.status < 300, text
        return json.loads(text) if text.startswith(("{", "[")) else text

    def assigned(self, app: dict[str, Any], group: str, login: str) -> dict[str, Any]:
        """The app, once `login` may use it through a group of that name."""
        made = self("POST", "/api/v1/apps", app)
        group_id = self("POST", "/api/v1/groups", {"profile": {"name": group}})["id"]
        self("PUT", f"/api/v1/groups/{group_id}/users/{self('GET', f'/api/v1/users/{login}')['id']}")
        self("PUT", f"/api/v1/apps/{made['id']}/groups/{group_id}", {})
        return made


ALICE = "alice.chen@acme.example"


ROLE = "arn:aws:iam::123456789012:role/claude-pilot"


def role_for(settings: Settings, provider: str, action: str, condition: dict[str, str]) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::123456789012:{provider}"},
        "Action": action,
        "Condition": {"StringEquals": condition},
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    client(settings, "iam").create_role(RoleName="claude-pilot", AssumeRolePolicyDocument=document)


def signed_in_as(settings: Settings, *arguments: str) -> str:
    result = command(settings, "sign-in", ALICE, "--role-arn", ROLE, *arguments)
    assert result.returncode == 0, result.stderr
    given = json.loads(result.stdout)
    assert given.keys() == {"Version", "AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"}
    sts = boto3.client(
        "sts",
        endpoint_url=settings.aws_url,
        region_name=REGION,
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
    )
    return sts.get_caller_identity()["Arn"]


def test_a_person_in_the_role_s_group_signs_in_with_saml(settings: Settings):
    server.start(settings)
    okta = Okta(settings)
    values = "arn:aws:iam::${accountid}:saml-provider/Okta,arn:aws:iam::${accountid}:role/${role}"
    mapping = {
        "awsEnvironmentType": "aws.amazon",
        "groupFilter": r"aws_(?{{accountid}}\d+)_(?{{role}}[\w\-]+)",
        "roleValuePattern": values,
        "useGroupMapping": True,
        "sessionDuration": 3600,
    }
    app = {"name": "amazon_aws", "label": "AWS", "signOnMode": "SAML_2_0", "settings": {"app": mapping}}
    made = okta.assigned(app, "aws_123456789012_claude-pilot", ALICE)
    metadata = okta("GET", f"/api/v1/apps/{made['id']}/sso/saml/metadata")
    client(settings, "iam").create_saml_provider(Name="Okta", SAMLMetadataDocument=metadata)
    aimed = {"SAML:aud": "https://signin.aws.amazon.com/saml"}
    role_for(settings, "saml-provider/Okta", "sts:AssumeRoleWithSAML", aimed)
    assert signed_in_as(settings) == f"arn:aws:sts::123456789012:assumed-role/claude-pilot/{ALICE}"
    other = command(settings, "sign-in", ALICE, "--role-arn", ROLE + "2")
    assert other.stderr == f"sandbox: Okta does not offer this role: {ROLE}2. It offers: {ROLE}\n"
    stranger = command(settings, "sign-in", "priya.raman@acme.example", "--role-arn", ROLE)
    assert (stranger.returncode, stranger.stderr.count("\n")) == (1, 1)


def test_a_person_assigned_to_a_client_signs_in_with_its_id_token(settings: Settings):
    server.start(settings)
    okta = Okta(settings)
    native = {
        "application_type": "native",
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
        "redirect_uris": ["http://localhost:8400/callback"],
    }
    app = {
        "name": "oidc_client",
        "label": "Claude Code",
        "signOnMode": "OPENID_CONNECT",
        "credentials": {"oauthClient": {"pkce_required": True, "token_endpoint_auth_method": "none"}},
        "settings": {"oauthClient": native},
    }
    made = okta.assigned(app, "pilot", ALICE)
    client_id = made["credentials"]["oauthClient"]["client_id"]
    client(settings, "iam").create_open_id_connect_provider(Url="https://acme.okta.com", ClientIDList=[client_id])
    bound = {"acme.okta.com:aud": client_id, "sts:RoleSessionName": "${acme.okta.com:sub}"}
    role_for(settings, "oidc-provider/acme.okta.com", "sts:AssumeRoleWithWebIdentity", bound)
    subject = okta("GET", f"/api/v1/users/{ALICE}")["id"]
    signed_in = signed_in_as(settings, "--client-id", client_id)
    assert signed_in == f"arn:aws:sts::123456789012:assumed-role/claude-pilot/{subject}"
