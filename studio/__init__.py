"""The designer's tools: what a definition will do, before anybody relies on it."""
