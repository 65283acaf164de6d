"""Durable logic: steps and decisions, no I/O and no SQL."""
