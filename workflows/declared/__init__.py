"""Declared processes: the interpreter of the Open Workflow DSL on the base of every request."""
