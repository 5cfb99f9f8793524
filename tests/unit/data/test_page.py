"""Pages are the rows of ORDER BY, cut where a page ends, in both directions and from any place."""

from __future__ import annotations

import random

import psycopg
import pytest

from nbmigrate.data.filters import Filter
from nbmigrate.data.page import CUT, Request, Sort, count, read_page, read_value, read_whole
from nbmigrate.data.relations import describe, relations
from nbmigrate.errors import UsageConflictError

NAME = 'ra%ows"; --'
ROWS = 137
MAKE = f"""
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TABLE "ra%ows""; --" (
    a integer, "b%s" text COLLATE "C", PRIMARY KEY ("b%s", a),
    n integer, t text, x double precision, at timestamptz, m mood, u uuid DEFAULT gen_random_uuid()
);
INSERT INTO "ra%ows""; --"
SELECT i, 'k' || i % 5, nullif(i * 7 % 11, 3), nullif(chr(97 + i % 4), 'b'),
       CASE i % 6 WHEN 0 THEN 'NaN' WHEN 1 THEN NULL WHEN 2 THEN '-Infinity' ELSE i / 3.0 END,
       CASE WHEN i % 9 > 0 THEN timestamptz '2024-01-01 00:00:00.000001+02' + i * interval '1 day' END,
       (ARRAY['sad', 'ok', 'happy', NULL])[1 + i % 4]::mood
  FROM generate_series(1, {ROWS}) AS i;
"""


@pytest.fixture(scope="module")
def connection(server):
    database = server.create()
    with database.connect() as found:
        for piece in MAKE.split(";\n"):
            if piece.strip():
                found.execute(piece.encode())
        yield found


@pytest.fixture(scope="module")
def relation(connection):
    return describe(connection, ("public", NAME))
