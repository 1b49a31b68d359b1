"""Web Push: messages to browsers that are closed, sealed for the phone alone."""
