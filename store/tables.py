"""Every table module, imported once so that the metadata is whole."""
