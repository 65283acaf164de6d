"""The one place that connects to Temporal and prepares its namespace."""

from datetime import timedelta

from google.protobuf.duration_pb2 import Duration
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.namespace.v1 import NamespaceConfig
from temporalio.api.operatorservice.v1 import (
    AddSearchAttributesRequest,
    ListSearchAttributesRequest,
)
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    RegisterNamespaceRequest,
    UpdateNamespaceRequest,
)
from temporalio.client import Client, TLSConfig
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DataConverter
from temporalio.service import RPCError, RPCStatusCode

from ground import search_attributes
from settings import Settings

REFUSALS = (RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNIMPLEMENTED)
"""How a hosted cluster says that its namespaces are managed elsewhere."""


def data_converter() -> DataConverter:
    """How values travel to Temporal and back; a codec that encrypts them belongs here."""
    return pydantic_data_converter


async def connect(settings: Settings, *, lazy: bool = False) -> Client:
    """A client of the namespace; a `lazy` one connects with its first call.

    Raises `RuntimeError` where nobody answers.
    """
    key = settings.temporal_api_key
    return await Client.connect(
        settings.temporal_target,
        namespace=settings.temporal_namespace,
        api_key=key.get_secret_value() if key else None,
        tls=tls(settings),
        data_converter=data_converter(),
        lazy=lazy,
    )


def tls(settings: Settings) -> TLSConfig | bool:
    """What the settings say of TLS: certificates, or yes, or no."""
    ca, cert, key = (
        path.read_bytes() if path else None
        for path in (
            settings.temporal_tls_ca,
            settings.temporal_tls_cert,
            settings.temporal_tls_key,
        )
    )
    if ca or cert:
        return TLSConfig(server_root_ca_cert=ca, client_cert=cert, client_private_key=key)
    return settings.temporal_tls or settings.temporal_api_key is not None


async def prepare(client: Client, settings: Settings) -> list[str]:
    """Give the namespace its retention and search attributes; repeating it changes nothing.

    Returns what only the namespace's administrator can do, in sentences for people; raises
    `RPCError` or `RuntimeError` where nobody answers.
    """
    advice = [
        await keep_histories(client, timedelta(days=settings.temporal_retention_days)),
        await register_search_attributes(client),
    ]
    return [text for text in advice if text]


async def keep_histories(client: Client, retention: timedelta) -> str | None:
    """Create the namespace if need be, and let it keep finished histories at least `retention`."""
    service, name = client.workflow_service, client.namespace
    try:
        found = await service.describe_namespace(DescribeNamespaceRequest(namespace=name))
        if found.config.workflow_execution_retention_ttl.ToTimedelta() < retention:
            config = NamespaceConfig(workflow_execution_retention_ttl=duration(retention))
            await service.update_namespace(UpdateNamespaceRequest(namespace=name, config=config))
    except RPCError as error:
        if error.status == RPCStatusCode.NOT_FOUND:
            await create_namespace(client, retention)
        elif error.status in REFUSALS:
            return (
                f"The Temporal namespace {name} does not let us set its retention: its "
                f"administrator should let it keep histories for {retention.days} days."
            )
        else:
            raise
    return None


async def create_namespace(client: Client, retention: timedelta) -> None:
    """Create the client's namespace; raises `RPCError` if it exists already."""
    request = RegisterNamespaceRequest(
        namespace=client.namespace, workflow_execution_retention_period=duration(retention)
    )
    await client.workflow_service.register_namespace(request)


def duration(length: timedelta) -> Duration:
    """The same length as Temporal writes it."""
    written = Duration()
    written.FromTimedelta(length)
    return written


async def register_search_attributes(client: Client) -> str | None:
    """Add the search attributes that the namespace lacks: without them a workflow stands still."""
    service, name = client.operator_service, client.namespace
    try:
        found = await service.list_search_attributes(ListSearchAttributesRequest(namespace=name))
        missing = {
            key.name: IndexedValueType.ValueType(key.indexed_value_type)
            for key in search_attributes.ALL
            if key.name not in found.custom_attributes
        }
        if missing:
            request = AddSearchAttributesRequest(namespace=name, search_attributes=missing)
            await service.add_search_attributes(request)
    except RPCError as error:
        if error.status not in REFUSALS:
            raise
        wanted = ", ".join(
            f"{key.name} ({key.indexed_value_type.name.title()})" for key in search_attributes.ALL
        )
        return (
            f"The Temporal namespace {name} does not let us register search attributes: its "
            f"administrator must add those it lacks of {wanted}."
        )
    return None
