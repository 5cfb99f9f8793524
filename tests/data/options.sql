-- What a catalog remembers beside the shape of a table: names from before a rename, the planner's
-- options, CLUSTER, the columns that ON DELETE sets, comments on columns of views.
CREATE TABLE users (id serial PRIMARY KEY, name text, n numeric);
ALTER TABLE users RENAME TO people;
ALTER TABLE people ALTER n SET (n_distinct = -0.5, n_distinct_inherited = 3);
CREATE TABLE users (id bigserial PRIMARY KEY, seen date);
CREATE INDEX users_seen ON users (seen);
ALTER TABLE users CLUSTER ON users_seen;
ALTER TABLE people CLUSTER ON users_pkey;
CREATE TABLE events (id serial, at date) PARTITION BY RANGE (at);
ALTER TABLE events RENAME COLUMN id TO number;
CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE tenants (id integer PRIMARY KEY);
CREATE TABLE posts (tenant integer, id integer, PRIMARY KEY (tenant, id));
CREATE TABLE notes (
    tenant integer NOT NULL,
    post integer,
    other integer DEFAULT 7,
    FOREIGN KEY (tenant, post) REFERENCES posts ON DELETE SET NULL (post),
    FOREIGN KEY (tenant, other) REFERENCES posts ON DELETE SET DEFAULT (other)
);
CREATE VIEW shown AS SELECT id, name AS "Full name" FROM people;
COMMENT ON COLUMN shown."Full name" IS 'as it''s said';
CREATE MATERIALIZED VIEW counted AS SELECT count(*) AS people FROM people;
COMMENT ON COLUMN counted.people IS 'how many';
CREATE TABLE base (a integer NOT NULL, b integer DEFAULT 2);
CREATE TABLE child (c integer) INHERITS (base);
CREATE TABLE grandchild (LIKE child INCLUDING ALL);
ALTER TABLE grandchild INHERIT child;
GRANT USAGE ON SEQUENCE users_id_seq TO pg_monitor;
