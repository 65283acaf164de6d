"""The official kit is no part of this project: its tests run where OWS_CTK_DIR says it is."""

import os

OFFICIAL = ["test_official.py", "test_official_examples.py"]
collect_ignore = [] if os.environ.get("OWS_CTK_DIR") else OFFICIAL
