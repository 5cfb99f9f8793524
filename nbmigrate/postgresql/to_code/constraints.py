"""Keys, unique constraints, checks and foreign keys of a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from nbmigrate.model import Check, ForeignKey, KeyOptions, PrimaryKey, Snapshot, Table, Unique, key
from nbmigrate.model.names import PUBLIC
from nbmigrate.postgresql.from_metadata.names import automatic
from nbmigrate.postgresql.to_code.exclusions import exclusion_node
from nbmigrate.postgresql.to_code.layout import Group, Node, call, info_node, quoted, strings, text
from nbmigrate.postgresql.to_code.sql import sql_node


def column_unique(table: Table, column: str) -> str | None:
    """The constraint that ``unique=True`` of the column stands for, if there is one."""
    name = automatic(table.name, column, "unique")
    same = table.unique_constraints.get(name) == Unique(name=name, columns=(column,))
    return name if same else None


def inline_key(table: Table) -> tuple[str, ...]:
    """The columns that say themselves that they are the primary key."""
    columns = table.primary_key_columns
    for found in table.composite_primary_keys.values():
        name = automatic(table.name, *columns, "pk")
        in_order = tuple(name for name in table.columns if name in columns) == columns
        return columns if found == PrimaryKey(name=name, columns=columns) and in_order else ()
    return () if table.primary_key_name or table.primary_key_options else columns


def constraint_nodes(table: Table, keys: Iterable[ForeignKey], inline: set[str]) -> Iterator[Group]:
    """What stands in ``__table_args__``; ``inline`` are the uniques that columns say.

    ``keys`` are the foreign keys that are to be said here.
    """
    if table.primary_key_columns and not inline_key(table):
        yield _primary_key(table)
    uniques = (u for u in table.unique_constraints.values() if u.name not in inline)
    yield from map(_unique, uniques)
    yield from map(_check, table.check_constraints.values())
    yield from filter(None, map(exclusion_node, table.exclusions.values()))
    for foreign_key in keys:
        yield _foreign_key(foreign_key, table)


def _primary_key(table: Table) -> Group:
    for found in table.composite_primary_keys.values():
        include = strings(found.include) if found.include else None
        return call(
            "PrimaryKeyConstraint",
            *map(quoted, found.columns),
            name=quoted(found.name),
            postgresql_include=include,
            comment=_comment(found),
            info=_key_info(found),
            **_deferral(found),
        )
    options = table.primary_key_options or KeyOptions()
    return call(
        "PrimaryKeyConstraint",
        *map(quoted, table.primary_key_columns),
        name=quoted(table.primary_key_name) if table.primary_key_name else None,
        postgresql_include=strings(options.include) if options.include else None,
        comment=_comment(options),
        info=_key_info(options),
        **_deferral(options),
    )


def _unique(unique: Unique) -> Group:
    return call(
        "UniqueConstraint",
        *map(quoted, unique.columns),
        name=quoted(unique.name),
        postgresql_include=strings(unique.include) if unique.include else None,
        postgresql_nulls_not_distinct="True" if unique.nulls_not_distinct else None,
        comment=_comment(unique),
        info=_key_info(unique),
        **_deferral(unique),
    )


def _check(check: Check) -> Group:
    return call(
        "CheckConstraint",
        sql_node(check.value),
        name=quoted(check.name),
        postgresql_not_valid="True" if check.not_valid else None,
        comment=_comment(check),
        info=info_node(
            no_inherit=check.no_inherit or None, not_enforced=check.not_enforced or None
        ),
    )


def references(table: Table, snapshot: Snapshot) -> Iterator[ForeignKey]:
    """The foreign keys whose target is in the snapshot."""
    for found in table.foreign_keys.values():
        target = snapshot.tables.get(key(*found.target))
        if target and all(column in target.columns for column in found.columns_to):
            yield found


def is_spelled(foreign_key: ForeignKey) -> bool:
    """Whether ``table.column`` says what it refers to: no name in it has a dot."""
    names = (foreign_key.table_to, *foreign_key.columns_to)
    return not any("." in name for name in names)


def is_inline(foreign_key: ForeignKey, table: Table) -> bool:
    """Whether its column says it: it has one, which is in no other such foreign key."""
    columns = foreign_key.columns_from
    same = [k for k in table.foreign_keys.values() if k.columns_from == columns]
    # The constraint that a column's ForeignKey makes has no ``info`` of its own.
    has_info = foreign_key.not_enforced or foreign_key.delete_columns
    is_plain = is_spelled(foreign_key) and not has_info
    return len(columns) == 1 and is_plain and same[0] is foreign_key


def column_foreign_key(foreign_key: ForeignKey, table: Table) -> Group:
    """``ForeignKey("table.column")`` inside its column."""
    [target] = _targets(foreign_key)
    return call("ForeignKey", target, **_options(foreign_key, table))


def _foreign_key(foreign_key: ForeignKey, table: Table) -> Group:
    here = strings(foreign_key.columns_from)
    there = strings(_target_texts(foreign_key))
    return call("ForeignKeyConstraint", here, there, **_options(foreign_key, table))


def late_foreign_key(foreign_key: ForeignKey, table: Table, target: str) -> Group:
    """A foreign key to the columns of ``target``, an expression for a Table that is there."""
    here = strings(foreign_key.columns_from)
    columns = ", ".join(f"{target}.c[{quoted(name)}]" for name in foreign_key.columns_to)
    return call("ForeignKeyConstraint", here, f"[{columns}]", **_options(foreign_key, table))


def _targets(foreign_key: ForeignKey) -> list[str]:
    return [quoted(text) for text in _target_texts(foreign_key)]


def _target_texts(foreign_key: ForeignKey) -> list[str]:
    schema, name = foreign_key.target
    table = name if schema == PUBLIC else f"{schema}.{name}"
    return [f"{table}.{column}" for column in foreign_key.columns_to]


def _options(foreign_key: ForeignKey, table: Table) -> dict[str, Any]:
    usual = automatic(
        table.name,
        *foreign_key.columns_from,
        foreign_key.table_to,
        *foreign_key.columns_to,
        "fk",
    )
    return {
        "name": None if foreign_key.name == usual else quoted(foreign_key.name),
        "onupdate": _action(foreign_key.on_update),
        "ondelete": _action(foreign_key.on_delete),
        "match": quoted(foreign_key.match.upper()) if foreign_key.match else None,
        "postgresql_not_valid": "True" if foreign_key.not_valid else None,
        "comment": _comment(foreign_key),
        "info": info_node(
            not_enforced=foreign_key.not_enforced or None,
            period=foreign_key.period or None,
            delete_columns=[*foreign_key.delete_columns] or None,
        ),
        **_deferral(foreign_key),
    }


def _action(action: str) -> str | None:
    return None if action == "no action" else quoted(action.upper())


def _deferral(item: ForeignKey | KeyOptions | PrimaryKey | Unique) -> dict[str, str | None]:
    return {
        "deferrable": "True" if item.deferrable else None,
        "initially": quoted("DEFERRED") if item.initially_deferred else None,
    }


def _key_info(item: KeyOptions | PrimaryKey | Unique) -> Group | None:
    return info_node(
        without_overlaps=item.without_overlaps or None, parameters={**item.parameters} or None
    )


def _comment(item: Check | ForeignKey | KeyOptions | PrimaryKey | Unique) -> Node | None:
    return text(item.comment) if item.comment else None
