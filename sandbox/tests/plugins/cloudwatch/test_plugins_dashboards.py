"""The life of dashboards, and what survives a restart."""

from __future__ import annotations

import json

import grpc
import pytest

from sandbox.tests.cloud_harness import ACCOUNT, plugged
from sandbox.tests.plugins.cloudwatch.cloudwatch_harness import (
    ALARM,
    BOARD,
    COMPOSITE,
    DASHBOARD,
    EITHER,
    ERRORS,
    SPEND,
    WIDGET,
)
from sandbox.tests.plugins.plugin_harness import kinds, said


def test_a_dashboard_lives(engine, cloudwatch):
    created = engine.create(DASHBOARD, "board", BOARD)
    spaced = BOARD | {"dashboardBody": json.dumps({"widgets": [WIDGET]}, indent=2)}
    wider = BOARD | {"dashboardBody": json.dumps({"widgets": [WIDGET | {"width": 24}]})}

    assert created.id == "claude-code"
    assert created.outputs["dashboardArn"] == f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/claude-code"
    assert kinds(engine.changes(created, spaced)) == {}, "white space means nothing"
    updated = engine.update(created, wider)
    assert (
        json.loads(cloudwatch.get_dashboard(DashboardName="claude-code")["DashboardBody"])["widgets"][0]["width"] == 24
    )
    assert engine.import_(DASHBOARD, "board", "claude-code")
    engine.delete(updated)
    assert engine.refresh(updated) is None
    with pytest.raises(grpc.RpcError) as error:
        engine.delete(updated)
    assert "DeleteDashboards: " in said(error.value), "the official plug-in does not tolerate it either"


CHOICE = {"type": "pattern", "pattern": "x", "inputType": "select", "id": "one", "values": [{"value": "a"}]}


@pytest.mark.parametrize(
    ("variable", "path"),
    [
        (CHOICE | {"type": "text"}, "/variables/0/type"),
        (CHOICE | {"inputType": "menu"}, "/variables/0/inputType"),
        (CHOICE | {"pattern": ""}, "/variables/0"),
        (CHOICE | {"values": []}, "/variables/0"),
    ],
)
def test_a_variable_nobody_could_choose_a_value_of_is_refused_with_its_place(engine, variable, path):
    engine.create(DASHBOARD, "good", BOARD | {"dashboardBody": json.dumps({"widgets": [], "variables": [CHOICE]})})
    with pytest.raises(grpc.RpcError) as error:
        engine.create(
            DASHBOARD, "board", BOARD | {"dashboardBody": json.dumps({"widgets": [], "variables": [variable]})}
        )

    assert f'"dataPath": "{path}"' in said(error.value)


@pytest.mark.parametrize(
    ("widget", "path"),
    [
        ({"properties": {}}, "/widgets/0"),
        (WIDGET | {"width": 25}, "/widgets/0/width"),
        (WIDGET | {"properties": {"region": "us-east-1"}}, "/widgets/0/properties"),
        ({"type": "log", "properties": {"query": "fields @message"}}, "/widgets/0/properties"),
    ],
)
def test_a_dashboard_aws_cannot_draw_is_refused_with_the_widgets_place(engine, widget, path):
    with pytest.raises(grpc.RpcError) as error:
        engine.create(DASHBOARD, "board", BOARD | {"dashboardBody": json.dumps({"widgets": [widget]})})

    assert "PutDashboard: InvalidParameterInput: The dashboard body is invalid, there are 1" in said(error.value)
    assert f'"dataPath": "{path}"' in said(error.value)


def test_alarms_and_dashboards_survive_a_restart(tmp_path):
    with plugged(tmp_path) as cloud:
        made = [cloud.engine.create(ALARM, "errors", ERRORS), cloud.engine.create(ALARM, "spend", SPEND)]
        made += [cloud.engine.create(COMPOSITE, "any", EITHER), cloud.engine.create(DASHBOARD, "board", BOARD)]
    with plugged(tmp_path) as cloud:
        found = [cloud.engine.refresh(resource) for resource in made]

    assert [resource and resource.outputs for resource in found] == [resource.outputs for resource in made]
