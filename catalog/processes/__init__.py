"""Declared processes: the Open Workflow DSL 1.0.3, as far as our profile takes it."""
