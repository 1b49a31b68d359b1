"""The shells that run firstminute: settings, the desk (single writer), workers, clock and command line."""
