"""What the tests of definitions share."""

from pathlib import Path

import pytest

from tests.catalog.workshop import Workshop


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    """Folders of one's own with one valid item."""
    return Workshop(tmp_path)
