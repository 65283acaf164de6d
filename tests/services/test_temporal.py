"""Connecting to Temporal, and the namespace that workflows need."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client, TLSConfig
from temporalio.common import SearchAttributePair, TypedSearchAttributes
from temporalio.service import RPCError, RPCStatusCode

from ground import search_attributes
from services.temporal import connect, keep_histories, prepare, tls
from settings import Settings

LONG = timedelta(days=1095)


async def retention(client: Client) -> timedelta:
    request = DescribeNamespaceRequest(namespace=client.namespace)
    found = await client.workflow_service.describe_namespace(request)
    return found.config.workflow_execution_retention_ttl.ToTimedelta()


async def test_preparing_keeps_histories_for_three_years(
    temporal: Client, settings: Settings
) -> None:
    assert await retention(temporal) == LONG
    assert await prepare(temporal, settings) == []


async def test_preparing_never_shortens_what_somebody_keeps_longer(
    temporal: Client, settings: Settings
) -> None:
    shorter = settings.model_copy(update={"temporal_retention_days": 30})
    await prepare(temporal, shorter)
    assert await retention(temporal) == LONG


async def test_every_search_attribute_can_be_written_and_searched(temporal: Client) -> None:
    request = ListSearchAttributesRequest(namespace=temporal.namespace)
    found = (await temporal.operator_service.list_search_attributes(request)).custom_attributes
    assert {key.name for key in search_attributes.ALL} == set(found)
    await temporal.start_workflow(
        "anything",
        id="request",
        task_queue="nobody",
        search_attributes=TypedSearchAttributes(
            [
                SearchAttributePair(search_attributes.ITEM, "loan"),
                SearchAttributePair(search_attributes.DUE, datetime(2030, 1, 1, tzinfo=UTC)),
            ]
        ),
    )


async def test_a_namespace_that_is_missing_is_created(temporal: Client, settings: Settings) -> None:
    client = await connect(
        settings.model_copy(
            update={
                "temporal_address": temporal.service_client.config.target_host,
                "temporal_namespace": f"{temporal.namespace}-made",
            }
        )
    )
    assert await keep_histories(client, LONG) is None
    assert await retention(client) == LONG


async def test_a_lazy_client_lets_the_portal_start_before_temporal(settings: Settings) -> None:
    nobody = settings.model_copy(update={"temporal_address": "127.0.0.1:1"})
    client = await connect(nobody, lazy=True)
    with pytest.raises(RuntimeError):
        await prepare(client, nobody)


async def test_a_hosted_cluster_that_refuses_is_told_to_its_administrator(
    settings: Settings,
) -> None:
    async def refuse(_: Any) -> None:
        raise RPCError("not here", RPCStatusCode.PERMISSION_DENIED, b"")

    service = SimpleNamespace(describe_namespace=refuse, list_search_attributes=refuse)
    hosted = SimpleNamespace(namespace="ours", workflow_service=service, operator_service=service)
    retained, attributes = await prepare(cast(Client, hosted), settings)
    assert "1095 days" in retained
    assert "VentanillaDue (Datetime)" in attributes
    assert "VentanillaItem (Keyword)" in attributes


def test_an_api_key_turns_tls_on(tmp_path: Path) -> None:
    assert tls(Settings()) is False
    assert tls(Settings(temporal_tls=True)) is True
    assert tls(Settings(temporal_api_key="key")) is True


def test_certificates_are_read_from_their_files(tmp_path: Path) -> None:
    for name in ("ca", "cert", "key"):
        (tmp_path / name).write_bytes(name.encode())
    given = Settings(
        temporal_tls_ca=tmp_path / "ca",
        temporal_tls_cert=tmp_path / "cert",
        temporal_tls_key=tmp_path / "key",
    )
    assert tls(given) == TLSConfig(
        server_root_ca_cert=b"ca", client_cert=b"cert", client_private_key=b"key"
    )
