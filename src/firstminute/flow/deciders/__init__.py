"""The commands' functions, one file a subject: each adapts the state to a capability's own decide function."""
