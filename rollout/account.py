"""The AWS account a stack is deployed to, and the ARNs that can be composed from it (design 5.8)."""

from __future__ import annotations

from dataclasses import dataclass

from rollout import names
from rollout.config import Model


@dataclass(frozen=True)
class Account:
    """`id`: twelve digits. `region`: such as `us-east-1`."""

    id: str
    region: str

    @property
    def partition(self) -> str:
        if self.region.startswith("us-gov-"):
            return "aws-us-gov"
        return "aws-cn" if self.region.startswith("cn-") else "aws"

    @property
    def saml_audience(self) -> str:
        """Where Okta's assertions are addressed to (IAM user guide, SAML endpoints per partition)."""
        host = {
            "aws": "signin.aws.amazon.com",
            "aws-us-gov": "signin.amazonaws-us-gov.com",
            "aws-cn": "signin.amazonaws.cn",
        }
        return f"https://{host[self.partition]}/saml"

    def iam(self, resource: str) -> str:
        return f"arn:{self.partition}:iam::{self.id}:{resource}"

    def role_arn(self, cohort: str) -> str:
        return self.iam(f"role/{names.role(cohort)}")

    def bedrock(self, resource: str) -> str:
        return f"arn:{self.partition}:bedrock:{self.region}:{self.id}:{resource}"

    def log_group_arn(self, name: str) -> str:
        return f"arn:{self.partition}:logs:{self.region}:{self.id}:log-group:{name}"

    def source_arn(self, model: Model) -> str:
        """What an application inference profile of this model is copied from."""
        if model.source.startswith("arn:"):
            return model.source
        if model.geography:
            return self.bedrock(f"inference-profile/{model.source}")
        return f"arn:{self.partition}:bedrock:{self.region}::foundation-model/{model.source}"

    def foundation_model_arns(self, model: Model) -> list[str]:
        """The model wherever a profile routes to. Global profiles route to an ARN without a region as well."""
        arns = [f"arn:{self.partition}:bedrock:*::foundation-model/{model.foundation_model}"]
        if model.geography == "global":
            arns.append(f"arn:{self.partition}:bedrock:::foundation-model/{model.foundation_model}")
        return arns
