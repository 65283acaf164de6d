"""The data floor: SQLModel tables, one module per domain, and the database they lie in."""
