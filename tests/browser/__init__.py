"""The page in a real browser: a package, so that its service ends with it and does not run beside the tests that follow."""
