"""One module a kind of thing that docs/reference tells about."""
