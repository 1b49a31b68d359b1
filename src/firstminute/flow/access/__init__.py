"""Policies on the desk's state: what a command is about, who may, two persons, and what districts show each other."""
