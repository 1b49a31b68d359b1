"""OsmAnd's position URL and the Traccar Client's JSON body."""
