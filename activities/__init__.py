"""Side effects of workflows: each a thin call into a service, keyed against repeats."""
