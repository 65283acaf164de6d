"""The official examples beside the kit: each runs, or is refused by the name of what it uses."""

import os
import re
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from catalog import yaml12
from catalog.processes.checks import check_process
from catalog.processes.findings import Finding
from catalog.processes.model import Process
from studio.documents import read_document, version_of
from studio.population import Population
from studio.simulate import Simulation, Wanted, prepare, simulator
from studio.snapshot import Snapshot
from tests.conformance.any_host import any_host
from workflows.registry import definition_registry

FOLDER = Path(os.environ["OWS_CTK_DIR"]).parent.parent / "examples"
EXAMPLES = sorted(path.stem for path in FOLDER.glob("*.yaml"))
HOST = re.compile(r"https?://([\w.-]+)")
REGISTRY = definition_registry()

REFUSED = {
    "call-asyncapi-publish": "asyncapi",
    "call-asyncapi-subscribe-consume-amount": "asyncapi",
    "call-asyncapi-subscribe-consume-forever-foreach": "asyncapi",
    "call-asyncapi-subscribe-consume-until": "asyncapi",
    "call-asyncapi-subscribe-consume-while": "asyncapi",
    "call-custom-function-cataloged": "functions are not fetched",
    "call-grpc": "grpc",
    "call-mcp": "mcp",
    "mock-service-extension": "extensions",
    "run-container": "run.container",
    "run-container-cleanup-always": "run.container",
    "run-container-cleanup-eventually": "run.container",
    "run-container-stdin-and-arguments": "run.container",
    "run-container-with-name": "run.container",
    "run-container-with-pull-policy": "run.container",
    "run-return-all": "run.container",
    "run-return-code": "run.container",
    "run-return-none": "run.container",
    "run-return-stderr": "run.container",
    "run-script-with-stdin-and-arguments": "run.script",
    "run-shell-stdin-and-arguments": "run.shell",
    "authentication-oauth2": "a secret is written down",
    "authentication-oidc": "a secret is written down",
    "authentication-reusable": "authentication by `use`",
    "run-subflow": "there is no process",
}
"""What our profile leaves out, and one that runs a process which is not among the examples."""
COMES_TO = {
    "accumulate-room-readings": "timeout",
    "raise-inline": "not-implemented",
    "raise-reusable": "not-implemented",
}
"""Those whose point is an error: the last word of its type."""
NO_SECRET = ("authentication-oauth2-secret", "authentication-oidc-secret")
"""Nobody has given these their secrets."""
PATIENT = {"name": "Ann", "fullName": "Ann Lee", "room": {"number": 7}, "vitals": {"bpm": 40}}
EVENTS = [{"type": "com.example", "data": {"patient": {"id": 1} | PATIENT, "timestamp": "now"}}]
GIVEN: dict[str, Any] = {
    "petId": 1,
    "id": 1,
    "searchQuery": "Luke",
    "pets": [],
    "customer": {"age": 30},
    "patient": PATIENT,
    "room": {"number": 7},
    "token": "of nobody",
}


def read(name: str) -> tuple[Process, list[Finding]]:
    """An example, and every error in it."""
    source = yaml12.read((FOLDER / f"{name}.yaml").read_bytes()).value
    process, findings = read_document(source, FOLDER)
    findings += check_process(process, None, REGISTRY)
    return process, [one for one in findings if one.severity == "error"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def simulation() -> AsyncIterator[Simulation]:
    texts = (path.read_text("utf-8") for path in FOLDER.glob("*.yaml"))
    hosts = {name for text in texts for name in HOST.findall(text)}
    with any_host() as address:
        async with simulator(dict.fromkeys(hosts, address)) as made:
            yield made


def test_there_are_as_many_as_we_know_of() -> None:
    assert len(EXAMPLES) >= 67


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_the_profile_leaves_out_is_refused_by_its_name(name: str) -> None:
    _, errors = read(name)
    assert any(REFUSED[name] in error.message for error in errors), errors


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name not in REFUSED])
@pytest.mark.asyncio(loop_scope="module")
async def test_all_others_run(simulation: Simulation, name: str) -> None:
    process, errors = read(name)
    assert errors == []
    given = EVENTS if (process.schedule or {}).get("on") else GIVEN
    with closing(Snapshot(simulation.database)) as beginning:
        version = version_of(process)
        simulation.database.write_now(prepare, version)
        simulation.population = Population(simulation.database, simulation.population.files)
        until = simulation.moment + timedelta(days=2)
        report = await simulation.run(version, Wanted(given=given, until=until))
        await simulation.let_go()
        beginning.restore()
    came_to = (report.error or {}).get("type", report.status).rpartition("/")[2]
    if name in NO_SECRET:
        assert came_to == "configuration"
    elif "listen" in name:
        assert came_to == "waiting"
    else:
        assert came_to == COMES_TO.get(name, "completed"), report.error
