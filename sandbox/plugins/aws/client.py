"""AWS as the entries see it: boto3 clients made once, and the settings that every type shares."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sandbox.plugins.framework.errors import PluginError
from sandbox.plugins.framework.values import Props

if TYPE_CHECKING:
    import boto3
    from botocore.config import Config

PROPAGATION_SECONDS = 120
"""How long the official plug-in waits for IAM to become consistent."""

_CONNECTIONS = 64  # as many as the engine works on resources


@dataclass(frozen=True, kw_only=True)
class Tagging:
    """The provider's `defaultTags` and `ignoreTags`."""

    defaults: dict[str, str] = field(default_factory=dict)
    ignored_keys: frozenset[str] = frozenset()
    ignored_prefixes: tuple[str, ...] = ()

    def ignores(self, key: str) -> bool:
        return key in self.ignored_keys or key.startswith(("aws:", *self.ignored_prefixes))


class Aws:
    """Settings are those of the provider: `region`, `accessKey`, ... by their Pulumi names."""

    def __init__(self, settings: Props) -> None:
        self._settings = settings
        self._clients: dict[tuple[str, str | None], Any] = {}
        self._lock = threading.Lock()
        self.tagging = _tagging(settings)

    @cached_property
    def _session(self) -> boto3.Session:
        import boto3

        return boto3.Session(
            aws_access_key_id=self._settings.get("accessKey"),
            aws_secret_access_key=self._settings.get("secretKey"),
            aws_session_token=self._settings.get("token"),
            profile_name=self._settings.get("profile"),
            region_name=self._settings.get("region"),
        )

    @cached_property
    def _config(self) -> Config:
        from botocore.config import Config

        attempts = self._settings.get("maxRetries", 5) + 1
        return Config(
            retries={"mode": "standard", "total_max_attempts": attempts},
            max_pool_connections=_CONNECTIONS,
            connect_timeout=10,
        )

    @cached_property
    def region(self) -> str:
        region = self._settings.get("region") or os.environ.get("AWS_REGION") or self._session.region_name
        if not region:
            raise PluginError("aws:region is not set: run `pulumi config set aws:region <region>` or set AWS_REGION")
        return region

    @cached_property
    def partition(self) -> str:
        return self._session.get_partition_for_region(self.region)

    @cached_property
    def account_id(self) -> str:
        return self.client("sts").get_caller_identity()["Account"]

    def client(self, service: str, region: str | None = None) -> Any:
        """A boto3 client; making one is neither cheap nor safe in threads, using one is both."""
        with self._lock:
            if (service, region) not in self._clients:
                self._clients[service, region] = self._session.client(
                    service,  # pyright: ignore[reportArgumentType, reportCallIssue]
                    region_name=region or self.region,
                    endpoint_url=self._endpoint(service),
                    config=self._config,
                    use_ssl=True,
                    verify=self._settings.get("customCaBundle"),
                )
            return self._clients[service, region]

    def _endpoint(self, service: str) -> str | None:
        """From the settings; boto3 itself reads AWS_ENDPOINT_URL."""
        names = {service, _PULUMI_NAMES.get(service, service)}
        endpoints = [e for block in self._settings.get("endpoints", ()) for e in block.items()]
        return next((url for name, url in endpoints if name.lower() in names and url), None)


_PULUMI_NAMES = {"events": "cloudwatchevents", "logs": "cloudwatchlogs", "sso-admin": "ssoadmin"}


def _tagging(settings: Props) -> Tagging:
    ignored = settings.get("ignoreTags", {})
    return Tagging(
        defaults=settings.get("defaultTags", {}).get("tags", {}),
        ignored_keys=frozenset(ignored.get("keys", ())),
        ignored_prefixes=tuple(ignored.get("keyPrefixes", ())),
    )


def code(error: Exception) -> str:
    """The API's error code, or nothing for any other error."""
    response: dict[str, Any] = getattr(error, "response", None) or {}
    return response.get("Error", {}).get("Code", "")


def says(error: Exception, error_code: str, *words: str) -> bool:
    """Whether it is this error with one of these texts in its message."""
    return code(error) == error_code and (not words or any(word in str(error) for word in words))


def explained(error: Exception) -> str | None:
    """`CreateRole: EntityAlreadyExists: Role with name x already exists.`"""
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    if isinstance(error, ClientError):
        details = error.response.get("Error", {})
        return f"{error.operation_name}: {details.get('Code')}: {details.get('Message')}"
    return f"AWS: {error}" if isinstance(error, BotoCoreError | ResponseParserError) else None
