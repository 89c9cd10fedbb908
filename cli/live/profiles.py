"""Which inference profiles are there, as Bedrock lists them."""

from __future__ import annotations

from cli.live.aws import Clients


def live_profiles(clients: Clients) -> set[str]:
    """ARNs of the account's application inference profiles that can be called."""
    pages = clients("bedrock").get_paginator("list_inference_profiles").paginate(typeEquals="APPLICATION")
    return {
        str(profile["inferenceProfileArn"])
        for page in pages
        for profile in page["inferenceProfileSummaries"]
        if profile["status"] == "ACTIVE"
    }
