"""Every activity module, imported once so that the registry of effects is whole."""

import activities.billing
import activities.cases
import activities.lending
import activities.profiles
import activities.requests
import activities.tasks  # noqa: F401
