"""Side effects of workflows: each a thin call into a service, keyed so that a retry changes nothing."""
