"""What `server.py`, `worker.py` and `cli.py` share: starting, watching and ending processes."""
