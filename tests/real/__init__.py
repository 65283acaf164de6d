"""Real servers for tests: PostgreSQL, Temporal, a browser, a mail server, Ventanilla itself."""
