"""Answering a call: intake, recommendation, alerts, clocks, escalation, progress, welfare, muster, drill and review. Pure functions."""
