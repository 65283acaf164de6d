"""Every activity module, imported once so that the registry of effects is whole."""

import activities.requests
import activities.tasks  # noqa: F401
