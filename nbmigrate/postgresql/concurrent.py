"""CREATE INDEX CONCURRENTLY in a text that declares: how to build is kept, and what is tried at once.

CONCURRENTLY cannot run in the transaction in which the text is tried.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TypeVar

from msgspec.structs import replace

from nbmigrate.errors import StatementFailedError
from nbmigrate.model import Index, Snapshot, Table, View
from nbmigrate.model.names import truncate
from nbmigrate.postgresql.lexer import Token, significant
from nbmigrate.postgresql.statements import Piece

_Indexed = TypeVar("_Indexed", Table, View)
#: PostgreSQL docs, Appendix A: active_sql_transaction.
_ACTIVE = "25001"


def built_at_once(piece: Piece) -> tuple[Piece, str]:
    """The statement as it can be tried, and the name of the index that it builds CONCURRENTLY.

    Raises:
        StatementFailedError: the index has no name by which it could be told.
    """
    tokens = significant(piece.sql)
    place = 2 if [t.word for t in tokens[1:2]] == ["unique"] else 1
    words = [token.word for token in tokens[: place + 5]]
    if words[:1] != ["create"] or words[place : place + 2] != ["index", "concurrently"]:
        return piece, ""
    behind = place + 2
    if words[behind : behind + 3] == ["if", "not", "exists"]:
        behind += 3
    if len(tokens) <= behind or tokens[behind].word == "on":
        raise StatementFailedError(
            "CREATE INDEX CONCURRENTLY without a name: which index is it?",
            sql=piece.sql,
            sqlstate=_ACTIVE,
            line=piece.line,
            hint="give the index a name, or leave CONCURRENTLY out",
        )
    gone = tokens[place + 1]
    sql = piece.sql[: gone.start] + piece.sql[gone.start + len(gone.text) :]
    return Piece(sql, piece.line), _name(tokens[behind])


def _name(token: Token) -> str:
    quoted = token.text.startswith('"')
    return truncate(token.text[1:-1].replace('""', '"') if quoted else token.text.lower())


def with_concurrent(snapshot: Snapshot, names: Collection[str]) -> Snapshot:
    """The snapshot in which the indexes of these names are built CONCURRENTLY."""
    return replace(
        snapshot,
        tables=_each(snapshot.tables, names),
        views=_each(snapshot.views, names),
    )


def _each(items: Mapping[str, _Indexed], names: Collection[str]) -> dict[str, _Indexed]:
    return {
        key: replace(item, indexes=_marked(item.indexes, names)) if item.indexes else item
        for key, item in items.items()
    }


def _marked(indexes: Mapping[str, Index], names: Collection[str]) -> dict[str, Index]:
    return {n: replace(i, concurrently=True) if n in names else i for n, i in indexes.items()}
