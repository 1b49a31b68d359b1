"""The responder's page on a phone."""
