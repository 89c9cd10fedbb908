"""The account's one trail: of management events, in all regions. `sandbox.aws.cloudtrail` tells what it records."""

from __future__ import annotations

import json

from moto.cloudtrail.responses import CloudTrailResponse

from sandbox.aws.refusals import JsonRefusal

NAME = "management-events"


class Trails(CloudTrailResponse):
    """moto's CloudTrail, with a trail that is there from the beginning; others cannot be made."""

    def describe_trails(self) -> str:
        trail = {
            "Name": NAME,
            "TrailARN": self._arn(),
            "HomeRegion": self.region,
            "IsMultiRegionTrail": True,
            "IncludeGlobalServiceEvents": True,
            "HasCustomEventSelectors": False,
        }
        return json.dumps({"trailList": [trail]})

    def get_trail_status(self) -> str:
        name = self._get_param("Name")
        if name not in {NAME, self._arn()}:
            raise JsonRefusal("TrailNotFoundException", f"Unknown trail: {name}")
        return json.dumps({"IsLogging": True})

    def create_trail(self) -> str:
        raise JsonRefusal("MaximumNumberOfTrailsExceededException", "The sandbox has one trail.")

    def _arn(self) -> str:
        return f"arn:aws:cloudtrail:{self.region}:{self.current_account}:trail/{NAME}"
