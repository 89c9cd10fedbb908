"""What is seen of use: alarms, dashboards, logs of calls and of findings."""
