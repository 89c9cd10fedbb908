"""The sandbox's AWS in this process on a free port, and clients for it."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from botocore import UNSIGNED
from botocore.config import Config

from sandbox.aws.app import create_app
from sandbox.aws.functions.api import scheduled
from sandbox.aws.models import profiles
from sandbox.control import Control
from sandbox.dialects import AwsDialect
from sandbox.settings import HOST, REGION
from sandbox.wsgi import bind, http_server

_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Aws:
    def __init__(self, url: str) -> None:
        self.url = url

    def client(
        self, service: str, *, region: str = REGION, key: str = "AKIATEST", secret: str = "-", **more: Any
    ) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=region,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            config=Config(retries={"total_max_attempts": 1}, proxies={}),
            **more,
        )

    def unsigned(self, service: str) -> Any:
        config = Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1}, proxies={})
        return boto3.client(service, endpoint_url=self.url, region_name=REGION, config=config)

    def control(self, method: str, route: str, body: Any = None) -> Any:
        request = urllib.request.Request(  # noqa: S310 - our own address
            f"{self.url}/sandbox/{route}", method=method, data=None if body is None else json.dumps(body).encode()
        )
        with _DIRECT.open(request, timeout=10) as answer:
            text = answer.read()
        return json.loads(text) if text else None


@contextmanager
def serving(home: Path, jwks: Callable[[], dict[str, Any]]) -> Generator[Aws]:
    """AWS over `home` until the block ends; then its state is on disk."""
    listener = bind(HOST, 0, "-")
    url = f"http://{HOST}:{listener.getsockname()[1]}"
    try:
        app = create_app(home, jwks, {"AWS_ENDPOINT_URL": url, "NO_PROXY": HOST})
    except BaseException:
        listener.close()
        raise
    routes = {("PUT", "quotas"): profiles.set_quotas, ("POST", "schedules"): scheduled(app.feeds)}
    server = http_server(listener, Control(app, name="aws", names=["aws"], dialect=AwsDialect(), routes=routes))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield Aws(f"http://{HOST}:{server.port}")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        app.close()
