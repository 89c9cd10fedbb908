"""The AWS account a stack is deployed to, and the ARNs that can be composed from it (design 5.8)."""

from __future__ import annotations

from dataclasses import dataclass

from rollout import names
from rollout.model.models import Model

# Of the partition `aws`, the only one that has exports of a bill by person.
BILLING_REGION = "us-east-1"


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

    def policy_arn(self, name: str) -> str:
        return self.iam(f"policy/{name}")

    def alarm_arn(self, name: str) -> str:
        return self._arn("cloudwatch", f"alarm:{name}")

    def dashboard_url(self, name: str) -> str:
        """Where a person looks at it, once signed in."""
        host = {"aws": "console.aws.amazon.com", "aws-us-gov": "console.amazonaws-us-gov.com"}
        here = f"{self.region}.{host.get(self.partition, 'console.amazonaws.cn')}"
        return f"https://{here}/cloudwatch/home?region={self.region}#dashboards/dashboard/{name}"

    def bedrock(self, resource: str) -> str:
        return self._arn("bedrock", resource)

    def log_group_arn(self, name: str) -> str:
        return self._arn("logs", f"log-group:{name}")

    def log_stream_arn(self, group: str, stream: str) -> str:
        return f"{self.log_group_arn(group)}:log-stream:{stream}"

    def topic_arn(self, audience: str) -> str:
        return self._arn("sns", names.topic(audience))

    def queue_arn(self, name: str) -> str:
        return self._arn("sqs", name)

    def queue_url(self, name: str) -> str:
        """As SQS gives it out, and as its JSON protocol takes it, whatever host is called."""
        suffix = "amazonaws.com.cn" if self.partition == "aws-cn" else "amazonaws.com"
        return f"https://sqs.{self.region}.{suffix}/{self.id}/{name}"

    def table_arn(self, name: str) -> str:
        return self._arn("dynamodb", f"table/{name}")

    def function_arn(self, name: str) -> str:
        return self._arn("lambda", f"function:{name}")

    def secret_arn(self, name: str) -> str:
        return self._arn("secretsmanager", f"secret:{name}")

    def parameter_arn(self, name: str) -> str:
        return self._arn("ssm", f"parameter{name}")

    def bucket_arn(self, name: str) -> str:
        return f"arn:{self.partition}:s3:::{name}"

    def export_arn(self, name: str) -> str:
        """Of a data export, which AWS gives a suffix of its own, wherever the stack is: Billing lives in one region."""
        return f"arn:{self.partition}:bcm-data-exports:{BILLING_REGION}:{self.id}:export/{name}-*"

    def anomaly_arn(self, kind: str) -> str:
        """Of Cost Explorer, which names them itself. `kind`: `anomalymonitor` or `anomalysubscription`."""
        return f"arn:{self.partition}:ce::{self.id}:{kind}/*"

    def rule_arn(self, name: str) -> str:
        return self._arn("events", f"rule/{name}")

    def schedule_arn(self, group: str, name: str) -> str:
        return self._arn("scheduler", f"schedule/{group}/{name}")

    def schedule_group_arn(self, group: str) -> str:
        return self._arn("scheduler", f"schedule-group/{group}")

    def identity_arn(self, identity: str) -> str:
        return self._arn("ses", f"identity/{identity}")

    def _arn(self, service: str, resource: str) -> str:
        return f"arn:{self.partition}:{service}:{self.region}:{self.id}:{resource}"

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

    def bounding_model_arns(self, model: Model) -> list[str]:
        """The same, but of a maker's global models one pattern in place of an ARN each, so that a boundary is short.

        It lets nothing more be called: a global profile needs its model's ARN of a region too, which is named in full.
        """
        regional, *everywhere = self.foundation_model_arns(model)
        maker = model.foundation_model.partition(".")[0]
        return [regional, *(f"{arn.partition('/')[0]}/{maker}.*" for arn in everywhere)]
