"""Alarms, dashboards, queries."""
