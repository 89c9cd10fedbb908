"""CloudWatch dashboards."""

from __future__ import annotations

from typing import Any

from sandbox.plugins.aws.client import Aws, code
from sandbox.plugins.aws.policies import same_json, sorted_json
from sandbox.plugins.framework.constraints import every, json_text, length, matches
from sandbox.plugins.framework.entry import Call, Entry
from sandbox.plugins.framework.values import Props


def _cloudwatch(call: Call[Aws]) -> Any:
    return call.cloud.client("cloudwatch", call.region)


def _put(call: Call[Aws]) -> str:
    """Takes over a dashboard of that name. What AWS merely advises about the body is not passed on."""
    name = call.new["dashboardName"]
    _cloudwatch(call).put_dashboard(DashboardName=name, DashboardBody=call.new["dashboardBody"])
    return name


def _update(call: Call[Aws]) -> None:
    _put(call)


def _read(call: Call[Aws]) -> Props | None:
    try:
        dashboard = _cloudwatch(call).get_dashboard(DashboardName=call.id)
    except Exception as error:
        if code(error) in {"ResourceNotFound", "DashboardNotFoundError"}:
            return None
        raise
    return {
        "dashboardArn": dashboard["DashboardArn"],
        "dashboardName": dashboard["DashboardName"],
        "dashboardBody": sorted_json(dashboard["DashboardBody"]),
        "region": call.region or call.cloud.region,
    }


def _delete(call: Call[Aws]) -> None:
    """A dashboard that is gone already is an error, as it is with the official plug-in."""
    _cloudwatch(call).delete_dashboards(DashboardNames=[call.id])


ENTRIES = (
    Entry(
        token="aws:cloudwatch/dashboard:Dashboard",
        replaces=("dashboardName",),
        checks={
            "dashboardName": every(length(1, 255), matches(r"[0-9A-Za-z_-]*", "have only letters, digits and _-")),
            "dashboardBody": json_text,
        },
        same={"dashboardBody": same_json},
        keeps=("dashboardBody",),
        stored={"dashboardBody": sorted_json},
        create=_put,
        read=_read,
        update=_update,
        delete=_delete,
    ),
)
