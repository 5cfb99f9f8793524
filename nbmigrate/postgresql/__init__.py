"""How PostgreSQL says it: reading schemas from it and writing SQL for it."""
