"""Where the capabilities meet: commands, reactions, timers and the step that folds them. Pure functions."""
