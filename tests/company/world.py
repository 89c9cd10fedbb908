"""An invented company, which is not the one of the examples."""

from __future__ import annotations

from datetime import date
from typing import Any

TODAY = date(2026, 11, 28)
ANSWERS: dict[str, Any] = {
    "organization": "Globex",
    "teams": {"core": 9, "web": {"headcount": 6, "lead": "hank.scorpio@globex.example"}},
    "okta_domain": "globex.okta.com",
    "region": "eu-central-1",
    "models": ["haiku", "sonnet"],
    "geography": "eu",
    "people": "people.csv",
}
PEOPLE = """name,email,team,role,seniority,champion,manager,rationale
Homer S,homer@globex.example,core,Engineer,senior,yes,hank.scorpio@globex.example,asks early
Carol C,carol@globex.example,web,Engineer,junior,no,hank.scorpio@globex.example,
"""
