"""Definitions: YAML and JSON Schema read into checked, frozen catalog items and forms."""
