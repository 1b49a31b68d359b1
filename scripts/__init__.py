"""Tools of the house: they are run by make and by the tests, and are no part of the package."""
