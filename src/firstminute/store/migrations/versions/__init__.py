"""One file a revision; a released file is never changed again."""
