-- What SQLAlchemy has no word for, in every shape that the values of nbmigrate.schema must say.
CREATE SCHEMA app;
CREATE SCHEMA empty;
COMMENT ON SCHEMA empty IS 'nothing
yet';
CREATE TYPE app.mood AS ENUM ('glad', 'so so', 'sad');
COMMENT ON TYPE app.mood IS 'how one''s day was';
CREATE TYPE level AS ENUM ('low', 'high');
COMMENT ON TYPE level IS 'two of them';
CREATE TYPE app.place AS (street text COLLATE "C", "Zip \ code" varchar(10));
CREATE DOMAIN app.positive AS integer;
ALTER DOMAIN app.positive ADD CONSTRAINT above CHECK (VALUE > 0) NOT VALID;

CREATE SEQUENCE app.ticket INCREMENT 5;
CREATE TABLE app.events (
  id bigint GENERATED ALWAYS AS IDENTITY (START 100),
  at timestamp with time zone NOT NULL DEFAULT now(),
  region text NOT NULL COLLATE "C",
  note text,
  body jsonb COMPRESSION pglz,
  ticket bigint DEFAULT nextval('app.ticket'),
  CONSTRAINT events_pk PRIMARY KEY (id, at, region),
  CONSTRAINT short CHECK (length(region) < 20)
) PARTITION BY RANGE (at);
ALTER TABLE app.events ALTER COLUMN note SET STORAGE EXTERNAL;
COMMENT ON COLUMN app.events.note IS 'free text';
ALTER SEQUENCE app.ticket OWNED BY app.events.ticket;
COMMENT ON SEQUENCE app.ticket IS 'in steps of five';
CREATE INDEX by_region ON app.events (region DESC NULLS LAST, lower(note));
CREATE STATISTICS app.pairs (ndistinct, mcv) ON at, region FROM app.events;
ALTER STATISTICS app.pairs SET STATISTICS 50;
COMMENT ON STATISTICS app.pairs IS 'they go together';
CREATE TABLE app.events_2023 PARTITION OF app.events
  FOR VALUES FROM ('2023-01-01 00:00+00') TO ('2024-01-01 00:00+00');
CREATE TABLE app.events_2024 PARTITION OF app.events
  FOR VALUES FROM ('2024-01-01 00:00+00') TO ('2025-01-01 00:00+00') PARTITION BY LIST (region);
CREATE TABLE app.events_2024_eu PARTITION OF app.events_2024 FOR VALUES IN ('it''s', 'eu\n', 'a"b');
CREATE TABLE "Events; 2024 rest" PARTITION OF app.events_2024 DEFAULT PARTITION BY HASH (id);
CREATE TABLE rest_0 PARTITION OF "Events; 2024 rest" FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE rest_1 (
  ticket bigint DEFAULT 7,
  id bigint NOT NULL,
  at timestamp with time zone NOT NULL,
  region text NOT NULL COLLATE "C",
  note text,
  body jsonb,
  CONSTRAINT noted CHECK (note <> ''),
  CONSTRAINT short CHECK (length(region) < 20)
);
ALTER TABLE "Events; 2024 rest" ATTACH PARTITION rest_1 FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE UNIQUE INDEX own ON rest_1 (ticket, id) WHERE ticket > 0;
COMMENT ON INDEX own IS 'only here';
COMMENT ON TABLE app.events_2023 IS 'closed';
ALTER TABLE app.events_2023 ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON app.events_2023 FOR SELECT USING (region = 'eu');

CREATE TABLE counted (n serial, bucket integer NOT NULL, PRIMARY KEY (n, bucket)) PARTITION BY LIST (bucket);
CREATE TABLE counted_1 PARTITION OF counted FOR VALUES IN (1);
CREATE TABLE counted_rest PARTITION OF counted DEFAULT;
CREATE TABLE closed (counted integer, bucket integer, FOREIGN KEY (counted, bucket) REFERENCES counted_1);

CREATE TABLE documents (
  id integer PRIMARY KEY,
  title text NOT NULL,
  size integer,
  CONSTRAINT alone CHECK (size > 0) NO INHERIT
);
ALTER TABLE documents REPLICA IDENTITY FULL;
ALTER TABLE documents ALTER COLUMN title SET STATISTICS 500;
CREATE TABLE reports (pages integer) INHERITS (documents);
CREATE TABLE letters () INHERITS (documents);
ALTER TABLE letters ALTER COLUMN title SET DEFAULT 'Dear', ALTER COLUMN size SET NOT NULL;
CREATE UNIQUE INDEX reports_id ON reports (id);
ALTER TABLE reports REPLICA IDENTITY USING INDEX reports_id;
CREATE STATISTICS whole ON (lower(title)) FROM documents;
GRANT SELECT, UPDATE ON documents TO PUBLIC;
GRANT INSERT ON documents TO pg_read_all_data;
GRANT SELECT ON documents TO pg_read_all_data WITH GRANT OPTION;
GRANT SELECT ON app.events_2023 TO pg_monitor;

CREATE MATERIALIZED VIEW app.titles AS SELECT id, title, title AS "Odd "" name" FROM documents;
CREATE UNIQUE INDEX titles_id ON app.titles (id);
CREATE INDEX titles_all ON app.titles
  USING btree (title COLLATE "C" text_pattern_ops DESC, lower("Odd "" name") NULLS FIRST, "Odd "" name")
  INCLUDE (id) WITH (fillfactor = 70) WHERE title <> '';
COMMENT ON INDEX app.titles_id IS 'for REFRESH CONCURRENTLY';
