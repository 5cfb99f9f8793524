-- Privileges of views, sequences and routines; roles that every server has.
CREATE TABLE t (id integer);
GRANT SELECT ON t TO PUBLIC;
CREATE VIEW v AS SELECT id FROM t;
GRANT SELECT ON v TO PUBLIC;
GRANT UPDATE, INSERT ON v TO pg_monitor WITH GRANT OPTION;
CREATE MATERIALIZED VIEW mv AS SELECT id FROM v;
GRANT SELECT ON mv TO pg_monitor;
CREATE SEQUENCE s;
GRANT USAGE ON SEQUENCE s TO pg_monitor;
CREATE SCHEMA app;
CREATE FUNCTION app.closed(a integer, b text[]) RETURNS integer LANGUAGE sql RETURN a;
REVOKE ALL ON FUNCTION app.closed FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.closed TO pg_monitor;
CREATE FUNCTION open() RETURNS integer LANGUAGE sql RETURN 1;
GRANT EXECUTE ON FUNCTION open TO pg_monitor WITH GRANT OPTION;
CREATE PROCEDURE done() LANGUAGE sql BEGIN ATOMIC SELECT 1; END;
REVOKE ALL ON PROCEDURE done FROM PUBLIC;
-- Of schemas, types, columns, and the sequences of columns.
GRANT USAGE ON SCHEMA app TO pg_monitor;
GRANT CREATE ON SCHEMA app TO pg_read_all_data WITH GRANT OPTION;
CREATE SCHEMA empty;
GRANT USAGE ON SCHEMA empty TO PUBLIC;
REVOKE USAGE ON SCHEMA public FROM PUBLIC;
CREATE TYPE app.mood AS ENUM ('a', 'b');
REVOKE ALL ON TYPE app.mood FROM PUBLIC;
GRANT USAGE ON TYPE app.mood TO pg_monitor;
CREATE DOMAIN app.age AS integer;
GRANT USAGE ON DOMAIN app.age TO pg_monitor WITH GRANT OPTION;
CREATE TYPE app.pair AS (a integer, b integer);
REVOKE ALL ON TYPE app.pair FROM PUBLIC;
CREATE TYPE app.span AS RANGE (subtype = integer);
GRANT USAGE ON TYPE app.span TO pg_monitor;
CREATE TABLE app.counted (
    id serial PRIMARY KEY,
    number integer GENERATED ALWAYS AS IDENTITY,
    "Total sum" numeric,
    secret text
);
GRANT SELECT (id, "Total sum"), UPDATE (secret) ON app.counted TO pg_monitor;
GRANT SELECT (id) ON app.counted TO PUBLIC;
GRANT INSERT (id) ON app.counted TO pg_read_all_data WITH GRANT OPTION;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA app TO pg_monitor;
CREATE VIEW app.shown AS SELECT id, number FROM app.counted;
GRANT SELECT (number) ON app.shown TO pg_monitor;

create schema "in";
create type "in".size as enum ('s', 'm');
create function "in".fits("in".size, "in".size) returns boolean language sql as 'select $1 <= $2';
grant execute on function "in".fits("in".size, "in".size) to pg_read_all_data;
