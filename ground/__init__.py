"""The few words every floor shares: clock, ids, errors, messages."""
