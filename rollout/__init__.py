"""The rollout as data: who, at which level, with which documents. Pure: no Pulumi, no boto3, no clock."""

__version__ = "0.1.0"
