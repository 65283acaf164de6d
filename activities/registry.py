"""Every activity module, imported once so that the registry of effects is whole."""

import activities.billing
import activities.cases
import activities.events
import activities.ledger
import activities.lending
import activities.notices
import activities.papers
import activities.processes
import activities.profiles
import activities.quotes
import activities.requests
import activities.subscriptions
import activities.tasks  # noqa: F401
