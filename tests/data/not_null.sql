-- Names of NOT NULL constraints that PostgreSQL 18 would not choose by itself.
CREATE TABLE model (id integer NOT NULL, label varchar(20) NOT NULL DEFAULT 'x', CONSTRAINT spoken CHECK (id > 0));
CREATE TABLE copied (LIKE model INCLUDING DEFAULTS);
CREATE TABLE before (id integer PRIMARY KEY, wanted text CONSTRAINT "It must" NOT NULL);
ALTER TABLE before RENAME TO behind;
ALTER TABLE behind RENAME COLUMN wanted TO needed;
CREATE TABLE counted (n bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT counts NOT NULL);
CREATE TABLE events (id integer NOT NULL, at date NOT NULL, note varchar(10) DEFAULT 'n') PARTITION BY RANGE (at);
CREATE TABLE events_1 (id integer NOT NULL, at date NOT NULL, note varchar(10));
ALTER TABLE events ATTACH PARTITION events_1 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE SCHEMA app;
CREATE TYPE app.pair AS (a integer, b integer);
SET check_function_bodies = off;
CREATE FUNCTION app.made() RETURNS integer LANGUAGE plpgsql
AS $$declare found pair; begin found.a := 1; return found.a; end$$;
RESET check_function_bodies;
