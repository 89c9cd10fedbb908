"""What Service Quotas says of Bedrock, which moto leaves out: profiles, and each model's tokens per minute."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from typing import Any

from moto.servicequotas.responses import ServiceQuotasResponse

from sandbox.aws.models import catalogue, profiles
from sandbox.aws.refusals import JsonRefusal
from sandbox.aws.validation import mistakes

SERVICE = "bedrock"
PROFILES_CODE, PROFILES_NAME = "L-40EC9882", "Inference profiles per account"
KINDS = ("Cross-region model", "Global cross-region model", "On-demand model")
PAGE = 100

Quota = dict[str, Any]


class ServiceQuotas(ServiceQuotasResponse):
    """moto's Service Quotas, with Bedrock's."""

    def get_service_quota(self) -> str:
        given = self._given("GetServiceQuota")
        if given["ServiceCode"] != SERVICE:
            return super().get_service_quota()
        found = next((quota for quota in self._quotas() if quota["QuotaCode"] == given["QuotaCode"]), None)
        if found is None:
            raise JsonRefusal("NoSuchResourceException", f"No such quota of {SERVICE}: {given['QuotaCode']}")
        return json.dumps({"Quota": found})

    def list_service_quotas(self) -> str:
        """moto knows the defaults of one service."""
        given = self._given("ListServiceQuotas")
        if given["ServiceCode"] != SERVICE:
            return super().list_aws_default_service_quotas()
        quotas, code = list(self._quotas()), given.get("QuotaCode")
        chosen = [quota for quota in quotas if code in {None, quota["QuotaCode"]}]
        start = self._start(chosen, given.get("NextToken"))
        end = start + (given.get("MaxResults") or PAGE)
        more = {"NextToken": _token(chosen[end - 1])} if end < len(chosen) else {}
        return json.dumps({"Quotas": chosen[start:end], **more})

    def _start(self, chosen: list[Quota], token: str | None) -> int:
        """After the quota that `token` names."""
        if token is None:
            return 0
        tokens = [_token(quota) for quota in chosen]
        if token not in tokens:
            raise JsonRefusal("InvalidPaginationTokenException", "Invalid NextToken.")
        return tokens.index(token) + 1

    def _given(self, operation: str) -> dict[str, Any]:
        given: dict[str, Any] = json.loads(self.body or "{}")
        if found := mistakes("service-quotas", operation, given):
            raise JsonRefusal("IllegalArgumentException", found)
        return given

    def _quotas(self) -> Iterator[Quota]:
        yield self._quota(PROFILES_CODE, PROFILES_NAME, profiles.quotas[profiles.QUOTA])
        for kind in KINDS:
            for model in catalogue.MODELS.values():
                name = f"{kind} inference tokens per minute for Anthropic {model}"
                yield self._quota(_code(name), name, profiles.quotas[profiles.TOKENS])

    def _quota(self, code: str, name: str, value: int) -> Quota:
        place = f"{self.region}:{self.current_account}"
        return {
            "ServiceCode": SERVICE,
            "ServiceName": "Amazon Bedrock",
            "QuotaArn": f"arn:{catalogue.PARTITION}:servicequotas:{place}:{SERVICE}/{code}",
            "QuotaCode": code,
            "QuotaName": name,
            "Value": float(value),
            "Unit": "None",
            "Adjustable": True,
            "GlobalQuota": False,
            "QuotaAppliedAtLevel": "ACCOUNT",
        }


def _code(name: str) -> str:
    """In the form of AWS's, which are published nowhere."""
    return "L-" + hashlib.sha256(name.encode()).hexdigest()[:8].upper()


def _token(quota: Quota) -> str:
    return base64.b64encode(quota["QuotaCode"].encode()).decode()
