"""Parts of a schema said in a line each, the same way in every result."""

from __future__ import annotations

from collections.abc import Sequence

from nbmigrate.display import Change
from nbmigrate.model import (
    Check,
    Column,
    Default,
    Exclusion,
    ForeignKey,
    Identity,
    Index,
    IndexColumn,
    Policy,
    Statistics,
    Table,
    Unique,
    format_path,
)
from nbmigrate.operations import SetPrivileges

Id = tuple[str, str]


def path(id_: Id) -> str:
    """The name of an object as it is written in a flag: ``public.users``."""
    return format_path(*id_)


def exclusion_text(exclusion: Exclusion) -> str:
    """The exclusion constraint in one line."""
    return f"exclusion {exclusion.name} {exclusion.definition}"


def statistics_text(statistics: Statistics) -> str:
    """The statistics object in one line."""
    kinds = f"{', '.join(statistics.kinds)} " if statistics.kinds else ""
    return f"statistics {statistics.name} {kinds}on {statistics.definition}"


def kind_of_table(table: Table) -> tuple[str, ...]:
    """What makes the table another than an ordinary one."""
    facts = []
    if table.using:
        facts.append(f"using {table.using}")
    if table.unlogged:
        facts.append("unlogged")
    if table.partition_key:
        facts.append(f"partitioned by {table.partition_key}")
    if table.partition_of:
        facts.append(f"partition of {path(table.partition_of.parent)} {table.partition_of.bound}")
    elif table.parents:
        facts.append(f"inherits {', '.join(map(path, table.parents))}")
    return tuple(facts)


def table_changes(old: Table, new: Table) -> tuple[Change, ...]:
    """What differs of a table as a whole."""
    pairs = [
        (name, old.options.get(name), new.options.get(name))
        for name in sorted({*old.options, *new.options})
    ]
    pairs += [
        ("access method", old.using or "heap", new.using or "heap"),
        ("unlogged", old.unlogged, new.unlogged),
        ("row security for the owner", old.force_rls, new.force_rls),
        ("replica identity", old.replica_identity, new.replica_identity),
        ("clustered on", old.clustered_on, new.clustered_on),
        ("inherits", ", ".join(old.inherits), ", ".join(new.inherits)),
    ]
    return tuple(
        Change("~", f"{word}: {_said(was)} -> {_said(now)}")
        for word, was, now in pairs
        if was != now
    )


def _said(value: object) -> str:
    return {None: "default", True: "on", False: "off", "": "nothing"}.get(value, str(value))  # type: ignore[call-overload,no-any-return]  # any option


def privileges_place(operation: SetPrivileges) -> tuple[str, str]:
    """What the privileges are on: its kind, and its path."""
    schema, name = operation.table
    match operation.kind:
        case "schema":
            return "schema", format_path(name)
        case "routine":
            return "function", path(operation.table)
        case "sequence" if operation.column:
            return "sequence of column", f"{path((schema, name))}.{format_path(operation.column)}"
        case kind if operation.column:
            return f"column of {kind}", f"{path((schema, name))}.{format_path(operation.column)}"
        case kind:
            return kind, path(operation.table)


def privileges_change(operation: SetPrivileges) -> Change:
    """Who may do what from now on."""
    old, new = operation.old, operation.new
    role = new.role if new else old.role if old else ""
    may = ", ".join(new.privileges) if new else ""
    return Change("~", f"role {role}: {f'may {may}' if may else 'may do nothing'}")


def names(parts: Sequence[str]) -> str:
    """``(a, b)``."""
    return f"({', '.join(parts)})"


def type_text(column: Column) -> str:
    """The column's type; the schema of an enum in another schema than public stands before it."""
    schema = column.type_schema
    return f"{schema}.{column.type}" if schema and schema != "public" else column.type


def default_text(default: Default) -> str:
    """A default as SQL text."""
    match default:
        case bool():
            return "true" if default else "false"
        case _:
            return str(default)


def column_facts(column: Column) -> tuple[str, ...]:
    """What a column is besides its name and type."""
    facts = []
    if column.primary_key:
        facts.append("primary key")
    elif column.not_null:
        facts.append("not null")
    if column.default is not None:
        facts.append(f"default {default_text(column.default)}")
    if column.identity:
        facts.append(identity_text(column.identity))
    if column.generated:
        facts.append(f"generated as ({column.generated.expression}) {column.generated.type}")
    if column.collation:
        facts.append(f"collate {column.collation}")
    return tuple(facts)


def identity_text(identity: Identity) -> str:
    """``identity`` or ``identity by default``."""
    return "identity" if identity.type == "always" else "identity by default"


def column_text(column: Column) -> str:
    """The column in one line: ``age integer, not null``."""
    return ", ".join((f"{column.name} {type_text(column)}", *column_facts(column)))


def foreign_key_text(key: ForeignKey) -> str:
    """The key in one line, actions included."""
    here, there = _ends(key.columns_from, key), _ends(key.columns_to, key)
    text = f"foreign key {key.name} {names(here)} references {path(key.target)} {names(there)}"
    for event, action in (("delete", key.on_delete), ("update", key.on_update)):
        if action != "no action":
            text += f", on {event} {action}"
    return text


def _ends(columns: Sequence[str], key: ForeignKey) -> Sequence[str]:
    return (*columns[:-1], f"period {columns[-1]}") if key.period else columns


def key_columns(columns: Sequence[str], *, without_overlaps: bool) -> str:
    """``(a, b without overlaps)``."""
    return names(
        (*columns[:-1], f"{columns[-1]} without overlaps") if without_overlaps else columns
    )


def index_text(index: Index) -> str:
    """The index in one line."""
    unique = "unique index" if index.is_unique else "index"
    method = "" if index.method == "btree" else f" using {index.method}"
    where = f" where {index.where}" if index.where else ""
    keys = names([_index_key(column) for column in index.columns])
    return f"{unique} {index.name}{method} {keys}{where}"


def _index_key(column: IndexColumn) -> str:
    return column.expression if column.asc else f"{column.expression} desc"


def unique_text(unique: Unique) -> str:
    """The constraint in one line."""
    nulls = ", nulls not distinct" if unique.nulls_not_distinct else ""
    columns = key_columns(unique.columns, without_overlaps=unique.without_overlaps)
    return f"unique {unique.name} {columns}{nulls}"


def check_text(check: Check) -> str:
    """The constraint in one line."""
    return f"check {check.name} ({check.value})"


def policy_text(policy: Policy) -> str:
    """The policy in one line."""
    text = f"policy {policy.name} for {policy.for_.lower()} to {', '.join(policy.to)}"
    return text if policy.as_.upper() == "PERMISSIVE" else f"{text}, {policy.as_.lower()}"


def count(number: int, noun: str) -> str:
    """``1 row``, ``1,204 rows``."""
    return f"{number:,} {noun if number == 1 else _plural(noun)}"


def _plural(noun: str) -> str:
    if noun.endswith("y"):
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(("x", "s", "ch")) else "s")


def duration(ms: float) -> str:
    """Milliseconds as a person reads them."""
    if ms >= 10_000:
        return f"{ms / 1000:,.1f} s"
    return f"{ms:,.0f} ms" if ms >= 1 else "under 1 ms"


def copied_text(rows: int, bytes_: int, seconds: float) -> str:
    """What is to be copied, and how long that takes, about."""
    return f"{count(rows, 'row')}, {size(bytes_)}, about {max(seconds, 0.1):,.1f} s to copy"


def size(bytes_: int) -> str:
    """Bytes as a person reads them."""
    amount = float(bytes_)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1024:
            return f"{amount:,.0f} {unit}"
        amount /= 1024
    return f"{amount:,.1f} TB"
