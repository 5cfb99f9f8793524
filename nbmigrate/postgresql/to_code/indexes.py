"""Indexes of a table."""

from __future__ import annotations

import re

from nbmigrate.model import Index, IndexColumn, Table
from nbmigrate.postgresql.identifiers import quote
from nbmigrate.postgresql.to_code import layout
from nbmigrate.postgresql.to_code.layout import Group, Node, call, quoted
from nbmigrate.postgresql.to_code.sql import sql_text

_SIMPLE = re.compile(r"[a-z_][a-z0-9_]*")


def column_index(table: Table, column: str) -> str | None:
    """The index that ``index=True`` of the column stands for, if there is one."""
    name = f"ix_{table.name}_{column}"
    index = table.indexes.get(name)
    plain = Index(name=name, columns=(IndexColumn(expression=column),))
    return name if index == plain and table.id[0] == "public" else None


def index_node(index: Index) -> Group:
    """``Index(name, columns...)``."""
    keys = [_key(index, number) for number, _ in enumerate(index.columns, 1)]
    ops = {
        _label(index, number): quoted(column.opclass)
        for number, column in enumerate(index.columns, 1)
        if column.opclass
    }
    options = {name: layout.constant(value) for name, value in index.options.items()}
    return call(
        "Index",
        quoted(index.name),
        *keys,
        unique="True" if index.is_unique else None,
        postgresql_using=quoted(index.method) if index.method != "btree" else None,
        postgresql_ops=layout.mapping(ops) if ops else None,
        postgresql_include=layout.strings(index.include) if index.include else None,
        postgresql_where=sql_text(index.where) if index.where else None,
        postgresql_with=layout.mapping(options) if options else None,
        postgresql_nulls_not_distinct="True" if index.nulls_not_distinct else None,
        postgresql_tablespace=quoted(index.tablespace) if index.tablespace else None,
        postgresql_concurrently="True" if index.concurrently else None,
        info=layout.info_node(
            key_statistics={**index.key_statistics} or None, comment=index.comment
        ),
    )


def _is_plain(column: IndexColumn, index: Index) -> bool:
    """Whether its name says all; a column that stands there twice has two operator classes."""
    is_name = not column.is_expression and not column.collation and not _order(column)
    return is_name and [c.expression for c in index.columns].count(column.expression) == 1


def _label(index: Index, number: int) -> str:
    """By what the operator class of a key finds it."""
    column = index.columns[number - 1]
    return column.expression if _is_plain(column, index) else f"key{number}"


def _key(index: Index, number: int) -> Node:
    column = index.columns[number - 1]
    if _is_plain(column, index):
        return quoted(column.expression)
    sql = column.expression if column.is_expression else _column(column.expression)
    order = _order(column)
    if not column.opclass and not column.collation:
        # In brackets, or the last word of an expression could be taken for its order.
        outer = f"({sql})" if column.is_expression and order else sql
        return sql_text(f"{outer} {order}".rstrip())
    node = layout.flat(call("literal_column", quoted(sql)))
    if column.collation:
        node += f".collate({quoted(column.collation)})"
    if column.opclass:
        node += f".label({quoted(_label(index, number))})"
    return node + _order_calls(column)


def _column(name: str) -> str:
    return name if _SIMPLE.fullmatch(name) else quote(name)


def _order(column: IndexColumn) -> str:
    usual = "last" if column.asc else "first"
    nulls = f"NULLS {column.nulls.upper()}" if column.nulls != usual else ""
    return f"{'' if column.asc else 'DESC'} {nulls}".strip()


def _order_calls(column: IndexColumn) -> str:
    usual = "last" if column.asc else "first"
    nulls = f".nulls_{column.nulls}()" if column.nulls != usual else ""
    return ("" if column.asc else ".desc()") + nulls
