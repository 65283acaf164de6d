"""Every table module, imported once so that the metadata is whole."""

# ruff: noqa: F401
import store.billing
import store.cases
import store.catalog
import store.delegations
import store.documents
import store.drafts
import store.events
import store.expectations
import store.health
import store.identity
import store.ledger
import store.lending
import store.notifications
import store.profiles
import store.receipts
import store.requests
import store.tasks
