"""The sandbox's AWS as one WSGI application: moto's server, our operations in place of its own, and the store."""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any, cast

# Read by moto as it is imported: real accounts have AWS's own managed policies, and nothing here speaks to browsers.
os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
os.environ.setdefault("MOTO_DISABLE_GLOBAL_CORS", "true")

import moto.awslambda.urls
import moto.bedrock.urls
import moto.budgets.urls
import moto.cloudtrail.urls
import moto.cloudwatch.urls
import moto.events.urls
import moto.iam.urls
import moto.kms.urls
import moto.logs.models
import moto.logs.urls
import moto.moto_server.werkzeug_app
import moto.secretsmanager.urls
import moto.servicequotas.urls
import moto.sesv2.urls
import moto.sns.urls
import moto.sqs.urls
import moto.sts.urls
from moto.awslambda.responses import LambdaResponse
from moto.bedrock.responses import BedrockResponse
from moto.budgets.responses import BudgetsResponse
from moto.cloudtrail.responses import CloudTrailResponse
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import BaseResponse
from moto.events.responses import EventsHandler
from moto.iam.responses import IamResponse
from moto.kms.responses import KmsResponse
from moto.logs.responses import LogsResponse
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.secretsmanager.responses import SecretsManagerResponse
from moto.servicequotas.responses import ServiceQuotasResponse
from moto.sesv2.responses import SESV2Response
from moto.sns.responses import SNSResponse
from moto.sqs.responses import SQSResponse
from moto.sts.responses import TokenResponse
from werkzeug.test import run_wsgi_app

from sandbox import workflow_tokens
from sandbox.aws import bedrock, bedrock_runtime, session_rights
from sandbox.aws.account import anomalies, data_exports
from sandbox.aws.account.budgets import Budgets
from sandbox.aws.account.service_quotas import ServiceQuotas
from sandbox.aws.account.trails import Trails
from sandbox.aws.cloudwatch import CloudWatch
from sandbox.aws.dynamodb import keep_little
from sandbox.aws.embedded_metrics import keep_from_logs
from sandbox.aws.events import Events
from sandbox.aws.functions import addresses
from sandbox.aws.functions.api import ACCOUNT_PATH, Lambda, lead_to_feeds
from sandbox.aws.functions.feeds import Feeds
from sandbox.aws.functions.overlays import mend_lambda
from sandbox.aws.functions.runner import Runner
from sandbox.aws.iam import Iam
from sandbox.aws.identity_center import admin, portal
from sandbox.aws.insights.commands import execute
from sandbox.aws.keys.kms import Kms
from sandbox.aws.keys.secrets import SecretsManager
from sandbox.aws.logs import Logs
from sandbox.aws.managed_policies import read_policies_once
from sandbox.aws.messages import chatbot, ses
from sandbox.aws.messages.sns import Sns
from sandbox.aws.models import profiles
from sandbox.aws.pickling import package
from sandbox.aws.refusals import JsonRefusal, Refusal, RestRefusal
from sandbox.aws.requests import Call, RuntimeCall, body_of, call, function_host, runtime_call, signed_region
from sandbox.aws.s3 import index_buckets, judge_bucket_policies
from sandbox.aws.sign_in.federation import Federation
from sandbox.aws.sqs import Sqs, say_who_sends
from sandbox.aws.store import Store
from sandbox.settings import served_account

Environ = dict[str, Any]

# moto's handler -> ours.
REPLACED: dict[type[BaseResponse], type[BaseResponse]] = {
    BedrockResponse: bedrock.Bedrock,
    BudgetsResponse: Budgets,
    CloudTrailResponse: Trails,
    CloudWatchResponse: CloudWatch,
    EventsHandler: Events,
    IamResponse: Iam,
    KmsResponse: Kms,
    LambdaResponse: Lambda,
    LogsResponse: Logs,
    SecretsManagerResponse: SecretsManager,
    SESV2Response: ses.Ses,
    SNSResponse: Sns,
    SQSResponse: Sqs,
    ServiceQuotasResponse: ServiceQuotas,
    TokenResponse: Federation,
}

REPLACED_URLS = (
    moto.awslambda.urls,
    moto.bedrock.urls,
    moto.budgets.urls,
    moto.cloudtrail.urls,
    moto.cloudwatch.urls,
    moto.events.urls,
    moto.iam.urls,
    moto.kms.urls,
    moto.logs.urls,
    moto.secretsmanager.urls,
    moto.servicequotas.urls,
    moto.sesv2.urls,
    moto.sns.urls,
    moto.sqs.urls,
    moto.sts.urls,
)

# Not of moto: of Billing, and Identity Center.
OWN = {each.SERVICE: each for each in (anomalies, data_exports, admin)}

# What AWS does in one piece and moto in several, so that two callers at once would undo each other's.
NOT_ATOMIC = frozenset({"dynamodb", "iam"})
READS = ("Get", "List", "Describe", "Head", "BatchGet", "Query", "Scan", "Lookup", "Filter", "Simulate", "Test")


def _replace(urls: Any) -> None:
    """Leads moto's URLs to our handlers; a second time it finds nothing to do."""
    for path, handler in urls.url_paths.items():
        ours = REPLACED.get(getattr(handler, "__self__", None))  # type: ignore[arg-type]
        if ours is not None:
            urls.url_paths[path] = ours.dispatch


def is_read(made: Call) -> bool:
    """Reads are not followed by a snapshot. What is neither known to read nor to change, changes."""
    if made.protocol in {"rest-json", "rest-xml"}:
        return made.method in {"GET", "HEAD", "OPTIONS"}
    return made.operation.startswith(READS)


class Application(DomainDispatcherApplication):
    """Answers a changing call only when its effect is on disk, or soon will be (see `store`)."""

    def __init__(self, store: Store, runner: Runner) -> None:
        super().__init__(create_backend_app)
        self.store = store
        self.runner = runner
        self.feeds = Feeds(runner=runner, changed=store.changed)
        self._one_by_one = threading.Lock()

    def open(self) -> None:
        """From now on functions run, by themselves too."""
        Lambda.runner, Lambda.feeds = self.runner, self.feeds
        lead_to_feeds(self.feeds)
        self.feeds.open()

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if function_host(environ):
            return self._address(environ, start_response)
        runtime = runtime_call(environ)
        if runtime:
            return self._run(environ, start_response, runtime)
        made = call(environ)
        if made.service == chatbot.SERVICE:
            return self._chatbot(environ, start_response)
        refused = session_rights.refusal(environ, made)
        if refused:
            start_response(f"{refused.code} {HTTPStatus(refused.status).phrase}", refused.get_headers())
            return [str(refused.description).encode()]
        if environ["PATH_INFO"] in portal.PATHS and not made.service:
            return self._portal(environ, start_response)
        if made.service in OWN:
            return self._own(environ, start_response, made)
        backend_app = self.get_application(environ)
        with self._one_by_one if made.service in NOT_ATOMIC else contextlib.nullcontext():
            body, status, headers = run_wsgi_app(backend_app, environ, buffered=True)
        if not is_read(made):
            self.store.changed(_package(backend_app.service))  # type: ignore[attr-defined]
        start_response(status, list(headers))
        return body

    def _address(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """A function's own, called by anybody."""
        said = addresses.answer(environ, self.runner)
        start_response(f"{said.status} {HTTPStatus(said.status).phrase}", said.headers)
        return [said.body]

    def _chatbot(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """A service moto has no place for."""
        path = environ["PATH_INFO"]
        headers = [("Content-Type", "application/json")]
        try:
            status, body = chatbot.answer(path, body_of(environ))
        except RestRefusal as refusal:
            status, body, headers = refusal.code, str(refusal.description).encode(), refusal.get_headers()
        if path not in chatbot.READS:
            self.store.changed(chatbot.STORED_WITH)
        start_response(f"{status} {HTTPStatus(status).phrase}", headers)
        return [b"" if status == HTTPStatus.NO_CONTENT else body]

    def _portal(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Identity Center's portal, which is asked without a signature."""
        status, headers = HTTPStatus.OK, [("Content-Type", "application/json")]
        try:
            with self._one_by_one:
                body = json.dumps(portal.answer(environ, body_of(environ), Federation.jwks)).encode()
        except Refusal as refusal:
            status, body, headers = HTTPStatus(refusal.status), str(refusal.description).encode(), refusal.get_headers()
        for service in portal.STORED_WITH:
            self.store.changed(service)
        start_response(f"{status.value} {status.phrase}", headers)
        return [body]

    def _own(self, environ: Environ, start_response: Callable[..., Any], made: Call) -> Iterable[bytes]:
        """Others."""
        service = OWN[made.service]
        status, headers = HTTPStatus.OK, [("Content-Type", "application/x-amz-json-1.1")]
        try:
            with self._one_by_one:
                body = service.answer(made.operation, signed_region(environ), body_of(environ))
        except JsonRefusal as refusal:
            status, body, headers = HTTPStatus(refusal.status), str(refusal.description).encode(), refusal.get_headers()
        if not is_read(made):
            self.store.changed(service.STORED_WITH)
        start_response(f"{status.value} {status.phrase}", headers)
        return [body]

    def _run(self, environ: Environ, start_response: Callable[..., Any], runtime: RuntimeCall) -> Iterable[bytes]:
        status, headers, body = bedrock_runtime.answer(environ, runtime, self.feeds.later)
        for service in bedrock_runtime.CHANGED:
            self.store.changed(service)
        start_response(f"{status} {HTTPStatus(status).phrase}", headers)
        return [body]

    def close(self) -> None:
        self.feeds.close()
        self.runner.close()
        self.store.close()


def _package(service: str) -> str:
    from moto import backends

    backend = getattr(backends.get_backend(service), "backend", None)  # type: ignore[arg-type]
    return package(backend) if backend else service


def create_app(
    home: Path,
    jwks: Callable[[], dict[str, Any]],
    function_environment: Mapping[str, str] | None = None,
    warm_home: Path | None = None,
) -> Application:
    """AWS as `home`/aws remembers it; `jwks` gives the identity provider's current signing keys.

    `function_environment`: what each Lambda function gets, such as where AWS and its way out are. `warm_home`: where
    `warm` serves, which starts them in a tenth of the time.

    moto's state belongs to the process: a second call forgets what the first one's application held in memory.
    """
    read_policies_once()
    cast("Any", moto.moto_server.werkzeug_app).DEFAULT_ACCOUNT_ID = served_account()
    moto.sesv2.urls.url_paths.update(dict.fromkeys(ses.PATHS, ses.Ses.dispatch))
    moto.awslambda.urls.url_paths.update({ACCOUNT_PATH: Lambda.dispatch})
    for urls in REPLACED_URLS:
        _replace(urls)
    Federation.jwks = staticmethod(jwks)
    Federation.workflow_keys = staticmethod(partial(workflow_tokens.keys, home))
    profiles.quotas.update(profiles.DEFAULT_QUOTAS)
    keep_from_logs()
    keep_little()
    say_who_sends()
    mend_lambda()
    judge_bucket_policies()
    cast("Any", moto.logs.models).execute_query = execute
    store = Store(home / "aws", served_account())
    store.open()
    index_buckets()
    runner = Runner(
        folder=home / "functions",
        environment=function_environment or {},
        changed=store.changed,
        warm_home=warm_home,
    )
    application = Application(store, runner)
    application.open()
    return application
