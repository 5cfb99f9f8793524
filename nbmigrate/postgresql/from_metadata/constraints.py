"""Primary keys, unique constraints, foreign keys and checks of one table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Constraint,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.sql.compiler import DDLCompiler

from nbmigrate import model
from nbmigrate.errors import DuplicateObjectError
from nbmigrate.model.names import primary_key_name as usual_key_name
from nbmigrate.postgresql.expressions import strip_parens
from nbmigrate.postgresql.from_metadata.names import (
    automatic,
    given_name,
    numbered,
    schema_name,
    table_path,
)
from nbmigrate.postgresql.from_metadata.sqltext import dialect, sql_text
from nbmigrate.postgresql.from_metadata.targets import Known, target_of

_WORD = re.compile(r"""'(?:[^']|'')*'|"((?:[^"]|"")*)"|([^\W\d][\w$]*)""")


def primary_keys(table: Table) -> dict[str, model.PrimaryKey]:
    """The primary key over several columns; empty otherwise."""
    key: PrimaryKeyConstraint = table.primary_key
    columns = _names(key)
    if len(columns) < 2:
        return {}
    name = given_name(key, table) or automatic(str(table.name), *columns, "pk")
    return {
        name: model.PrimaryKey(
            name=name,
            columns=columns,
            include=include_of(key),
            without_overlaps=bool(key.info.get("without_overlaps")),
            parameters=key.info.get("parameters", {}),
            comment=key.comment,
            **_deferral(key),
        )
    }


def primary_key_name(table: Table) -> str | None:
    """The name of a single-column key when it is not the one that PostgreSQL gives."""
    key: PrimaryKeyConstraint = table.primary_key
    if len(key.columns) != 1:
        return None
    name = given_name(key, table)
    return None if name in (None, usual_key_name(str(table.name))) else name


def primary_key_options(table: Table) -> model.KeyOptions | None:
    """What a single-column key is besides a key; None when nothing."""
    key: PrimaryKeyConstraint = table.primary_key
    if len(key.columns) != 1:
        return None
    found = model.KeyOptions(
        include=include_of(key),
        without_overlaps=bool(key.info.get("without_overlaps")),
        parameters=key.info.get("parameters", {}),
        comment=key.comment,
        **_deferral(key),
    )
    return None if found == model.KeyOptions() else found


def exclusions(table: Table) -> dict[str, model.Exclusion]:
    """The exclusion constraints by name."""
    found: dict[str, model.Exclusion] = {}
    for item in _ordered(table, ExcludeConstraint):
        text = _compiler().process(item)
        name = given_name(item, table)
        definition = text[text.index("EXCLUDE ") :].strip()
        columns = [str(column.name) for column in item.columns]
        name = name or automatic(str(table.name), *columns, "excl")
        if name in found:
            raise duplicate("exclusion constraint", name, table)
        found[name] = model.Exclusion(name=name, definition=definition, comment=item.comment)
    return found


def uniques(table: Table) -> dict[str, model.Unique]:
    """The unique constraints by name."""
    found: dict[str, model.Unique] = {}
    for item in _ordered(table, UniqueConstraint):
        columns = _names(item)
        if not columns:
            continue
        given = given_name(item, table)
        name = given or automatic(str(table.name), *columns, "unique")
        value = model.Unique(
            name=name,
            columns=columns,
            nulls_not_distinct=bool(item.dialect_options["postgresql"].get("nulls_not_distinct")),
            include=include_of(item),
            without_overlaps=bool(item.info.get("without_overlaps")),
            parameters=item.info.get("parameters", {}),
            comment=item.comment,
            **_deferral(item),
        )
        if name in found and (given or found[name] != value):
            raise duplicate("unique constraint", name, table)
        found[name] = value
    return found


def foreign_keys(table: Table, known: Known) -> dict[str, model.ForeignKey]:
    """The foreign keys by name."""
    found: dict[str, model.ForeignKey] = {}
    for item in _ordered(table, ForeignKeyConstraint):
        value = _foreign_key(item, table, known)
        if value.name in found and found[value.name] != value:
            raise duplicate("foreign key", value.name, table)
        found[value.name] = value
    return found


def _foreign_key(item: ForeignKeyConstraint, table: Table, known: Known) -> model.ForeignKey:
    target = target_of(item, table, known)
    columns = tuple(str(element.parent.name) for element in item.elements)
    name = given_name(item, table) or automatic(
        str(table.name), *columns, target.table, *target.columns, "fk"
    )
    return model.ForeignKey(
        name=name,
        table_from=str(table.name),
        table_to=target.table,
        schema_to=None if target.schema == schema_name(None) else target.schema,
        columns_from=columns,
        columns_to=target.columns,
        on_delete=_action(item.ondelete),
        on_update=_action(item.onupdate),
        match=_match(item.match),
        not_valid=bool(item.dialect_options["postgresql"].get("not_valid")),
        not_enforced=bool(item.info.get("not_enforced")),
        period=bool(item.info.get("period")),
        delete_columns=tuple(item.info.get("delete_columns", ())),
        comment=item.comment,
        **_deferral(item),
    )


def checks(table: Table) -> dict[str, model.Check]:
    """The check constraints by name; unnamed ones as PostgreSQL would name them."""
    items = [item for item in _ordered(table, CheckConstraint) if _is_created(item)]
    named = [(given_name(item, table), item) for item in items]
    taken = {name for name, _ in named if name}
    found: dict[str, model.Check] = {}
    for given, item in named:
        value = strip_parens(sql_text(item.sqltext).strip())
        name = given or numbered(_check_name(value, table), taken)
        if name in found:
            raise duplicate("check", name, table)
        taken.add(name)
        not_valid = bool(item.dialect_options["postgresql"].get("not_valid"))
        found[name] = model.Check(
            name=name,
            value=value,
            no_inherit=bool(item.info.get("no_inherit")),
            not_valid=not_valid,
            not_enforced=bool(item.info.get("not_enforced")),
            comment=item.comment,
        )
    return found


def _check_name(value: str, table: Table) -> str:
    """``<table>_<column>_check`` when the expression names one column (ChooseConstraintName)."""
    words = {
        found[1].replace('""', '"') if found[1] is not None else (found[2] or "")
        for found in _WORD.finditer(value)
    }
    columns = [str(column.name) for column in table.columns if column.name in words]
    return automatic(str(table.name), *(columns if len(columns) == 1 else ()), "check")


def _is_created(item: CheckConstraint) -> bool:
    """Whether the check of a Boolean or Enum type is one that PostgreSQL gets."""
    rule: Any = item._create_rule  # noqa: SLF001 - SQLAlchemy offers no public question
    return rule is None or bool(rule(_compiler()))


def _compiler() -> DDLCompiler:
    compiler: DDLCompiler = dialect().ddl_compiler(dialect(), None)  # type: ignore[arg-type]  # SQLAlchemy itself passes None
    return compiler


def _ordered(table: Table, kind: type[Constraint]) -> Iterator[Any]:
    """The table's constraints of a kind in the order of their creation (the set has none)."""
    inline = (item for column in table.columns for item in column.constraints)
    items = {item for item in (*table.constraints, *inline) if isinstance(item, kind)}
    return iter(sorted(items, key=lambda item: item._creation_order))  # noqa: SLF001


def _names(item: PrimaryKeyConstraint | UniqueConstraint) -> tuple[str, ...]:
    return tuple(str(column.name) for column in item.columns)


def include_of(item: Index | PrimaryKeyConstraint | UniqueConstraint) -> tuple[str, ...]:
    """The names in ``postgresql_include``, given as names or columns."""
    included = item.dialect_options["postgresql"].get("include") or ()
    table: Any = item.table
    return tuple(
        str(table.c[column].name) if isinstance(column, str) else str(column.name)
        for column in included
    )


def _deferral(item: Constraint) -> dict[str, bool]:
    initially = (item.initially or "").upper()
    return {
        "deferrable": bool(item.deferrable) or initially == "DEFERRED",
        "initially_deferred": initially == "DEFERRED",
    }


def _action(action: str | None) -> str:
    return " ".join((action or "no action").lower().split())


def _match(match: str | None) -> str | None:
    text = (match or "simple").lower()
    return None if text == "simple" else text


def duplicate(kind: str, name: str, table: Table) -> DuplicateObjectError:
    """The error about one name for two things of a table."""
    return DuplicateObjectError(f"{kind} `{name}` is declared twice", source=table_path(table))
