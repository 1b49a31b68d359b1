"""Photos, voice notes and films that people attach: told by their content, made harmless."""
