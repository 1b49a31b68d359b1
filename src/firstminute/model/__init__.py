"""The words of firstminute: ids, units of measure, facts, records and refusals. Standard library only."""
