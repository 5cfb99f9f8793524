-- A trading company: composite keys, char keys, a self reference, many to many, defaults of all kinds.
CREATE TABLE categories (
  category_id smallint PRIMARY KEY,
  category_name varchar(15) NOT NULL,
  description text,
  picture bytea
);
CREATE TABLE customer_demographics (customer_type_id char(10) PRIMARY KEY, customer_desc text);
CREATE TABLE customers (
  customer_id char(5) PRIMARY KEY,
  company_name varchar(40) NOT NULL,
  contact_name varchar(30),
  city varchar(15),
  region varchar(15),
  postal_code varchar(10)
);
CREATE INDEX customers_city ON customers USING hash (city);
CREATE INDEX customers_place ON customers (region NULLS FIRST, city);
CREATE TABLE customer_customer_demo (
  customer_id char(5) NOT NULL REFERENCES customers,
  customer_type_id char(10) NOT NULL REFERENCES customer_demographics,
  CONSTRAINT pk_customer_customer_demo PRIMARY KEY (customer_id, customer_type_id)
);
CREATE TABLE employees (
  employee_id smallint PRIMARY KEY,
  last_name varchar(20) NOT NULL,
  first_name varchar(10) NOT NULL,
  birth_date date CHECK (birth_date < CURRENT_DATE),
  photo bytea,
  notes text,
  reports_to smallint,
  CONSTRAINT fk_employees_boss FOREIGN KEY (reports_to) REFERENCES employees
);
CREATE TABLE region (region_id smallint PRIMARY KEY, region_description varchar(60) NOT NULL);
CREATE TABLE territories (
  territory_id varchar(20) PRIMARY KEY,
  territory_description varchar(60) NOT NULL,
  region_id smallint NOT NULL REFERENCES region
);
CREATE TABLE employee_territories (
  employee_id smallint NOT NULL REFERENCES employees ON DELETE CASCADE,
  territory_id varchar(20) NOT NULL REFERENCES territories,
  PRIMARY KEY (employee_id, territory_id)
);
CREATE TABLE suppliers (
  supplier_id smallint PRIMARY KEY,
  company_name varchar(40) NOT NULL,
  homepage text
);
CREATE TABLE products (
  product_id smallint PRIMARY KEY,
  product_name varchar(40) NOT NULL,
  supplier_id smallint REFERENCES suppliers,
  category_id smallint REFERENCES categories,
  unit_price real DEFAULT 0,
  units_in_stock smallint DEFAULT 0,
  discontinued boolean NOT NULL DEFAULT false,
  CONSTRAINT products_price CHECK (unit_price >= 0),
  CONSTRAINT products_stock CHECK (units_in_stock >= 0)
);
CREATE INDEX products_open ON products (category_id, supplier_id) WHERE NOT discontinued;
CREATE TABLE shippers (
  shipper_id smallint PRIMARY KEY,
  company_name varchar(40) NOT NULL,
  phone varchar(24)
);
CREATE TABLE orders (
  order_id integer PRIMARY KEY,
  customer_id char(5) REFERENCES customers,
  employee_id smallint REFERENCES employees,
  order_date date DEFAULT CURRENT_DATE,
  required_date date,
  shipped_date date,
  ship_via smallint REFERENCES shippers,
  freight real,
  ship_name varchar(40),
  CONSTRAINT orders_dates CHECK (shipped_date IS NULL OR shipped_date >= order_date)
);
CREATE TABLE order_details (
  order_id integer NOT NULL REFERENCES orders,
  product_id smallint NOT NULL REFERENCES products,
  unit_price real NOT NULL,
  quantity smallint NOT NULL DEFAULT 1,
  discount real NOT NULL DEFAULT 0,
  PRIMARY KEY (order_id, product_id)
);
CREATE TABLE complaints (
  order_id integer,
  product_id smallint,
  filed_at timestamptz NOT NULL DEFAULT now(),
  text text,
  FOREIGN KEY (order_id, product_id) REFERENCES order_details ON DELETE CASCADE
);
CREATE TABLE us_states (
  state_id smallint PRIMARY KEY,
  state_name varchar(100),
  state_abbr varchar(2),
  state_region varchar(50),
  UNIQUE (state_region, state_abbr)
);
CREATE VIEW order_subtotals AS
  SELECT order_id, sum(unit_price * quantity * (1 - discount)) AS subtotal
  FROM order_details GROUP BY order_id;
CREATE VIEW dear_orders AS SELECT * FROM order_subtotals WHERE subtotal > 1000;
