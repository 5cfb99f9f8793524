"""The schemas that are measured, in the languages of those who are measured."""

from __future__ import annotations

from typing import NamedTuple

#: Ten columns, a primary key, a foreign key, a unique constraint, a check, two indexes.
_DDL = """
CREATE TABLE item_{n} (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  code varchar(40) NOT NULL CONSTRAINT item_{n}_code_unique UNIQUE,
  name text,
  amount numeric(12, 2) DEFAULT 0 NOT NULL,
  is_active boolean DEFAULT true NOT NULL,
  settings jsonb DEFAULT '{{}}'::jsonb NOT NULL,
  parent_id bigint,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  birthday date,
  note text,{extra}
  CONSTRAINT item_{n}_amount CHECK (amount >= 0)
);
ALTER TABLE item_{n} ADD CONSTRAINT item_{n}_parent_id_fk
  FOREIGN KEY (parent_id) REFERENCES item_{p} (id) ON DELETE CASCADE;
CREATE INDEX item_{n}_name_index ON item_{n} (lower(name)) WHERE is_active;
CREATE INDEX item_{n}_created_index ON item_{n} (created_at, id);
"""

_CODE = """
class Item{n}(Base):
    __tablename__ = "item_{n}"
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    code: Mapped[str] = mapped_column(String(40), nullable=False)
    name: Mapped[str | None] = mapped_column(Text)
    amount: Mapped[float] = mapped_column(Numeric(12, 2), server_default=text("0"))
    is_active: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    settings: Mapped[object] = mapped_column(JSONB, server_default=text("'{{}}'::jsonb"), nullable=False)
    parent_id: Mapped[int | None] = mapped_column(
        ForeignKey("item_{p}.id", name="item_{n}_parent_id_fk", ondelete="CASCADE")
    )
    created_at: Mapped[object] = mapped_column(
        TIMESTAMP(timezone=True), server_default=text("now()"), nullable=False
    )
    birthday: Mapped[object] = mapped_column(Date, nullable=True)
    note: Mapped[str | None] = mapped_column(Text){extra}
    __table_args__ = (
        UniqueConstraint("code", name="item_{n}_code_unique"),
        CheckConstraint("amount >= 0", name="item_{n}_amount"),
        Index("item_{n}_name_index", text("lower(name)"), postgresql_where=text("is_active")),
        Index("item_{n}_created_index", "created_at", "id"),
    )
"""

_CODE_HEAD = """
from sqlalchemy import *
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
"""

_DRIZZLE = """
export const item{n} = pgTable("item_{n}", {{
  id: bigint({{ mode: "number" }}).primaryKey().generatedAlwaysAsIdentity(),
  code: varchar({{ length: 40 }}).notNull().unique("item_{n}_code_unique"),
  name: text(),
  amount: numeric({{ precision: 12, scale: 2 }}).default("0").notNull(),
  isActive: boolean("is_active").default(true).notNull(),
  settings: jsonb().default({{}}).notNull(),
  parentId: bigint("parent_id", {{ mode: "number" }}).references((): AnyPgColumn => item{p}.id, {{ onDelete: "cascade" }}),
  createdAt: timestamp("created_at", {{ withTimezone: true }}).defaultNow().notNull(),
  birthday: date(),
  note: text(),{extra}
}}, (t) => [
  check("item_{n}_amount", sql`amount >= 0`),
  index("item_{n}_name_index").on(sql`lower(name)`).where(sql`is_active`),
  index("item_{n}_created_index").on(t.createdAt, t.id),
]);
"""

_DRIZZLE_HEAD = """
import { sql } from "drizzle-orm";
import { pgTable, bigint, varchar, text, numeric, boolean, jsonb, timestamp, date, check, index, type AnyPgColumn } from "drizzle-orm/pg-core";
"""


class Schema(NamedTuple):
    """One schema: DDL, a ``%%schema`` cell, a SQLAlchemy module and drizzle's TypeScript.

    Each with a further column in the last table when ``more`` is asked for.
    """

    name: str
    count: int

    def ddl(self, *, more: bool = False) -> str:
        """The statements that build it."""
        return self._each(_DDL, "\n  added text," if more else "")

    def cell(self, *, more: bool = False) -> str:
        """The text of a ``%%schema`` cell."""
        return self._each(_CODE, "\n    added: Mapped[str | None] = mapped_column(Text)" * more)

    def module(self, *, more: bool = False) -> str:
        """A module with a ``Base``."""
        base = "\nclass Base(DeclarativeBase):\n    pass\n"
        return _CODE_HEAD + base + self.cell(more=more)

    def typescript(self, *, more: bool = False) -> str:
        """The schema file of drizzle-kit."""
        return _DRIZZLE_HEAD + self._each(_DRIZZLE, "\n  added: text()," if more else "")

    def _each(self, template: str, last: str) -> str:
        end = self.count - 1
        return "".join(
            template.format(n=n, p=max(n - 1, 0), extra=last if n == end else "")
            for n in range(self.count)
        )


def real_world(copies: int = 40) -> str:
    """DDL of what products have: partitions, views on views, functions, triggers, domains, enums."""
    return "".join(_REAL.replace("@", str(n)) for n in range(copies))


_REAL = """
CREATE TYPE state_@ AS ENUM ('new', 'open', 'closed');
CREATE DOMAIN email_@ AS text CHECK (VALUE ~ '^[^ ]+[.][^ ]+$');
CREATE TABLE customer_@ (
  id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, email email_@ UNIQUE,
  state state_@ DEFAULT 'new' NOT NULL, name text NOT NULL, changed_at timestamptz DEFAULT now() NOT NULL,
  search tsvector GENERATED ALWAYS AS (to_tsvector('simple', name)) STORED
);
CREATE INDEX customer_@_search ON customer_@ USING gin (search);
CREATE TABLE event_@ (
  id bigint NOT NULL, customer_id bigint NOT NULL REFERENCES customer_@, at timestamptz NOT NULL,
  body jsonb, PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);
CREATE TABLE event_@_2025 PARTITION OF event_@ FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE event_@_2026 PARTITION OF event_@ FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE INDEX event_@_at ON event_@ (at);
CREATE FUNCTION touch_@() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.changed_at := now(); RETURN NEW; END $$;
CREATE TRIGGER touch BEFORE UPDATE ON customer_@ FOR EACH ROW EXECUTE FUNCTION touch_@();
CREATE VIEW active_@ AS SELECT id, name, state FROM customer_@ WHERE state <> 'closed';
CREATE VIEW busy_@ AS SELECT a.id, a.name, count(*) AS events FROM active_@ a JOIN event_@ e ON e.customer_id = a.id GROUP BY 1, 2;
CREATE MATERIALIZED VIEW daily_@ AS SELECT date_trunc('day', at) AS day, count(*) AS n FROM event_@ GROUP BY 1;
CREATE UNIQUE INDEX daily_@_day ON daily_@ (day);
COMMENT ON TABLE customer_@ IS 'People who buy';
"""
