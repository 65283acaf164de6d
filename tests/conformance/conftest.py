"""The official kit is no part of this project: its tests run where OWS_CTK_DIR says it is."""

import os

collect_ignore = [] if os.environ.get("OWS_CTK_DIR") else ["test_official.py"]
