"""Every table module, imported once so that the metadata is whole."""
import store.billing
import store.catalog
import store.documents
import store.health
import store.identity
import store.profiles
import store.notifications
import store.requests
import store.tasks
