"""The commander's view: the live picture per audience, figures and packs. Pure functions."""
