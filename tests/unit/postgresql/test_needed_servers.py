"""What to type next when foreign data has no server or wrapper."""

from __future__ import annotations

import psycopg
import pytest

from nbmigrate.postgresql.needed import next_step


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("CREATE FOREIGN TABLE t () SERVER gone", 'Definition("CREATE SERVER ...")'),
        ("CREATE SERVER s FOREIGN DATA WRAPPER file_fdw", 'Extension("file_fdw")'),
    ],
)
def test_the_server_or_the_extension_is_named(database, statement: str, said: str) -> None:
    with pytest.raises(psycopg.errors.UndefinedObject) as caught:
        database.connect().execute(statement)
    assert said in next_step("42704", str(caught.value.diag.message_primary))
