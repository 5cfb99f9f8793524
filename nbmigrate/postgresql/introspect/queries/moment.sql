-- Where the server's log stands, and which transactions are under way; nothing of a standby.
SELECT
    CASE
        WHEN NOT pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_current_wal_insert_lsn()::text
    END,
    pg_catalog.pg_current_snapshot()::text
