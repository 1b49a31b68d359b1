"""Who may see and do what: one expression a policy, a tree of places, and what an actor brings (docs/decisions/0130)."""
