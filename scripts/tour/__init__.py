"""The screenshot tour: every screen as a person sees it, and whether anything on it keeps somebody out."""
