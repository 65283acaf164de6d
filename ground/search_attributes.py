"""What the Temporal UI can filter and sort requests by; none of it holds personal data."""

from temporalio.common import SearchAttributeKey

ITEM = SearchAttributeKey.for_keyword("VentanillaItem")
"""Id of the catalog item."""

CUSTOMER = SearchAttributeKey.for_keyword("VentanillaCustomer")
"""Pseudonym of the customer."""

STAGE = SearchAttributeKey.for_keyword("VentanillaStage")
"""Id of the stage that the customer sees."""

OUTCOME = SearchAttributeKey.for_keyword("VentanillaOutcome")
"""How the request ended; absent while it is open."""

GROUP = SearchAttributeKey.for_keyword("VentanillaGroup")
"""Id of the group that is to act now, or `customer`."""

VERSION = SearchAttributeKey.for_keyword("VentanillaVersion")
"""Hash of the definition that the request is pinned to."""

SINCE = SearchAttributeKey.for_datetime("VentanillaSince")
"""Since when the group that is to act now has been waited for."""

DUE = SearchAttributeKey.for_datetime("VentanillaDue")
"""When the step that is waited for is due."""

ALL = (ITEM, CUSTOMER, STAGE, OUTCOME, GROUP, VERSION, SINCE, DUE)
