"""The rules, one small function each; a module with a `@rule` in it is all that a new one needs."""
