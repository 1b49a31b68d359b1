"""The replay report: one HTML page with charts and a map, nothing to load, in Chinese and English."""
