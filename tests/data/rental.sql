-- A video rental: schemas, enums, a domain, arrays, text search, functions, triggers, circular keys.
CREATE SCHEMA staff_only;
CREATE TYPE mpaa_rating AS ENUM ('G', 'PG', 'PG-13', 'R', 'NC-17');
CREATE TYPE rental_state AS ENUM ('reserved', 'out', 'returned', 'lost');
CREATE TYPE staff_only.shift AS ENUM ('early', 'late', 'night');
CREATE DOMAIN release_year AS integer
  CONSTRAINT year_check CHECK (VALUE >= 1901 AND VALUE <= 2155);
CREATE TYPE geo_point AS (latitude double precision, longitude double precision);
CREATE SEQUENCE voucher_number START 1000 INCREMENT 10 CACHE 5;
CREATE FUNCTION last_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.last_update = CURRENT_TIMESTAMP;
  RETURN NEW;
END $$;
CREATE FUNCTION in_stock(film integer, store integer DEFAULT 1) RETURNS boolean
  LANGUAGE sql STABLE AS 'SELECT film > 0 AND store > 0';

CREATE TABLE actor (
  actor_id serial PRIMARY KEY,
  first_name text NOT NULL,
  last_name text NOT NULL,
  last_update timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idx_actor_last_name ON actor (last_name);
CREATE TABLE category (
  category_id serial PRIMARY KEY,
  name text NOT NULL,
  last_update timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE country (country_id serial PRIMARY KEY, country text NOT NULL);
CREATE TABLE city (
  city_id serial PRIMARY KEY,
  city text NOT NULL,
  country_id integer NOT NULL REFERENCES country ON UPDATE CASCADE ON DELETE RESTRICT
);
CREATE TABLE address (
  address_id serial PRIMARY KEY,
  address text NOT NULL,
  address2 text,
  city_id integer NOT NULL REFERENCES city ON UPDATE CASCADE ON DELETE RESTRICT,
  postal_code text,
  place geo_point,
  phone text NOT NULL
);
CREATE TABLE language (language_id serial PRIMARY KEY, name char(20) NOT NULL);
CREATE TABLE film (
  film_id serial PRIMARY KEY,
  title text NOT NULL,
  description text,
  release_year release_year,
  language_id integer NOT NULL REFERENCES language,
  original_language_id integer REFERENCES language,
  rental_duration smallint NOT NULL DEFAULT 3,
  rental_rate numeric(4, 2) NOT NULL DEFAULT 4.99,
  length smallint,
  replacement_cost numeric(5, 2) NOT NULL DEFAULT 19.99,
  rating mpaa_rating DEFAULT 'G',
  special_features text[] DEFAULT '{}',
  extra jsonb NOT NULL DEFAULT '{"subtitles": [], "note": "none:yet"}',
  fulltext tsvector GENERATED ALWAYS AS (to_tsvector('english', title)) STORED,
  last_update timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX film_fulltext_idx ON film USING gin (fulltext);
CREATE INDEX film_features_idx ON film USING gin (special_features);
CREATE INDEX film_title_pattern_idx ON film (title text_pattern_ops, length DESC NULLS LAST);
CREATE INDEX film_extra_idx ON film USING gin (extra jsonb_path_ops) WITH (fastupdate = off);
COMMENT ON TABLE film IS 'One row per film,
not per copy';
COMMENT ON COLUMN film.length IS 'minutes: "net"';
CREATE TABLE film_actor (
  actor_id integer NOT NULL REFERENCES actor ON UPDATE CASCADE ON DELETE RESTRICT,
  film_id integer NOT NULL REFERENCES film ON UPDATE CASCADE ON DELETE RESTRICT,
  PRIMARY KEY (actor_id, film_id)
);
CREATE TABLE film_category (
  film_id integer NOT NULL REFERENCES film,
  category_id integer NOT NULL REFERENCES category,
  last_update timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (film_id, category_id)
);
-- A store has a manager, who works in a store.
CREATE TABLE staff (
  staff_id serial PRIMARY KEY,
  first_name text NOT NULL,
  address_id integer NOT NULL REFERENCES address,
  store_id integer NOT NULL,
  active boolean NOT NULL DEFAULT true,
  shifts staff_only.shift[] NOT NULL DEFAULT '{early}',
  picture bytea
);
CREATE TABLE store (
  store_id serial PRIMARY KEY,
  manager_staff_id integer NOT NULL UNIQUE REFERENCES staff,
  address_id integer NOT NULL REFERENCES address
);
ALTER TABLE staff ADD CONSTRAINT staff_store_id_fkey
  FOREIGN KEY (store_id) REFERENCES store DEFERRABLE INITIALLY DEFERRED;
CREATE TABLE customer (
  customer_id serial PRIMARY KEY,
  store_id integer NOT NULL REFERENCES store,
  name text COLLATE "C" NOT NULL,
  email text,
  address_id integer NOT NULL REFERENCES address,
  active boolean NOT NULL DEFAULT true,
  create_date date NOT NULL DEFAULT CURRENT_DATE,
  invited_by integer REFERENCES customer ON DELETE SET NULL,
  CONSTRAINT customer_email_check CHECK (email LIKE '%@%')
);
CREATE UNIQUE INDEX customer_email_idx ON customer (lower(email)) WHERE active;
CREATE TABLE inventory (
  inventory_id serial PRIMARY KEY,
  film_id integer NOT NULL REFERENCES film,
  store_id integer NOT NULL REFERENCES store
);
CREATE INDEX inventory_idx ON inventory (store_id, film_id);
CREATE TABLE rental (
  rental_id bigint GENERATED ALWAYS AS IDENTITY (START WITH 100 INCREMENT BY 2) PRIMARY KEY,
  rental_date timestamptz NOT NULL,
  inventory_id integer NOT NULL REFERENCES inventory,
  customer_id integer NOT NULL REFERENCES customer,
  return_date timestamptz,
  state rental_state NOT NULL DEFAULT 'reserved',
  staff_id integer NOT NULL REFERENCES staff,
  UNIQUE NULLS NOT DISTINCT (rental_date, inventory_id, customer_id)
);
CREATE INDEX rental_out_idx ON rental (customer_id) INCLUDE (inventory_id) WHERE state = 'out';
CREATE TABLE payment (
  payment_id bigserial PRIMARY KEY,
  customer_id integer NOT NULL REFERENCES customer,
  staff_id integer NOT NULL REFERENCES staff,
  rental_id bigint NOT NULL REFERENCES rental,
  voucher bigint NOT NULL DEFAULT nextval('voucher_number'),
  amount numeric(5, 2) NOT NULL CHECK (amount >= 0),
  payment_date timestamptz(3) NOT NULL,
  valid daterange,
  duration interval day to second,
  token uuid DEFAULT gen_random_uuid(),
  flags bit(4) DEFAULT B'0000',
  source inet
);
CREATE TABLE screening (
  screening_id integer PRIMARY KEY DEFERRABLE INITIALLY DEFERRED,
  room int4range NOT NULL,
  during tsrange NOT NULL,
  cancelled boolean,
  CONSTRAINT screening_overlap EXCLUDE USING gist (room WITH =, during WITH &&)
    WHERE (cancelled IS NOT TRUE) DEFERRABLE
) WITH (fillfactor = 70);
CREATE TABLE premiere (guest text) INHERITS (screening);
CREATE UNLOGGED TABLE staff_only.note (
  at timestamp DEFAULT LOCALTIMESTAMP,
  about integer REFERENCES customer,
  "text" text,
  import text
);
ALTER TABLE staff_only.note ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY note_read ON staff_only.note FOR SELECT USING (about IS NOT NULL);
CREATE POLICY note_write ON staff_only.note AS RESTRICTIVE FOR INSERT TO public
  WITH CHECK (length("text") < 500);
CREATE VIEW actor_info WITH (security_invoker = true) AS
  SELECT a.actor_id, a.first_name, count(fa.film_id) AS films
  FROM actor a LEFT JOIN film_actor fa ON a.actor_id = fa.actor_id
  GROUP BY a.actor_id, a.first_name;
CREATE VIEW active_customer AS SELECT customer_id, name FROM customer WHERE active
  WITH LOCAL CHECK OPTION;
CREATE MATERIALIZED VIEW rental_by_category AS
  SELECT c.name AS category, sum(p.amount) AS total_sales
  FROM payment p
  JOIN rental r USING (rental_id)
  JOIN inventory i USING (inventory_id)
  JOIN film_category fc USING (film_id)
  JOIN category c USING (category_id)
  GROUP BY c.name;
CREATE TRIGGER last_updated BEFORE UPDATE ON actor
  FOR EACH ROW EXECUTE FUNCTION last_updated();
CREATE TRIGGER last_updated BEFORE UPDATE ON film
  FOR EACH ROW WHEN (OLD.title IS DISTINCT FROM NEW.title) EXECUTE FUNCTION last_updated();
