"""SMS and voice calls through an HTTP adaptor of the operator's own."""
