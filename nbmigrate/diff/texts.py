"""What an operation brings, and the texts that say what it needs.

``hard`` is what PostgreSQL reads when the statement runs; ``soft`` is the body of a function,
which is read when the function is called and is only better off with what it speaks of.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from nbmigrate import operations as o
from nbmigrate.diff.rewording import spell
from nbmigrate.model import (
    Column,
    CompositeType,
    Definition,
    Domain,
    Function,
    Index,
    RangeType,
    Table,
    parse_path,
)
from nbmigrate.model.names import sequence_name

#: A body that PostgreSQL parses at once: PostgreSQL 18 docs, CREATE FUNCTION, ``sql_body``.
_PARSED_BODY = re.compile(r"\b(?:begin\s+atomic|return)\b", re.IGNORECASE)
_SERIAL = frozenset({"smallserial", "serial", "bigserial"})
#: An aggregate names its functions without a parenthesis behind them.
_AGGREGATE_PART = re.compile(r"func\s*=\s*[^,\s)]+", re.IGNORECASE)
_COLLATIONS = frozenset({"C", "POSIX", "default", "ucs_basic", "unicode"})
#: The functions of an operator.
_FUNCTION_OPTION = re.compile(
    r'\b(?:function|procedure|restrict|join)\s*=\s*(?:"(?:[^"]|"")*"|[^,\s)"])+', re.IGNORECASE
)
#: Operators that types of PostgreSQL have: that one of these is named says nothing of others of that name.
COMMON_OPERATORS = frozenset(
    [
        "=",
        "<>",
        "!=",
        "<",
        ">",
        "<=",
        ">=",
        "+",
        "-",
        "*",
        "/",
        "%",
        "^",
        "||",
        "~",
        "!~",
        "~*",
        "!~*",
        "~~",
        "~~*",
        "&&",
        "@>",
        "<@",
        "->",
        "->>",
        "|",
    ]
)
_QUOTED_BODY = re.compile(r"\$(\w*)\$.*\$\1\$|'(?:[^']|'')*'", re.DOTALL)


class Needs(NamedTuple):
    """The texts that name what an operation needs, and the table that must be there."""

    hard: str = ""
    soft: str = ""
    table: o.Id | None = None


def joined(texts: Iterable[object]) -> str:
    """The texts as one."""
    return "\n".join(str(text) for text in texts if text is not None)


def needs(op: o.Operation) -> Needs:  # noqa: C901, PLR0911, PLR0912 - one case per operation
    """What must be there before a creating operation runs."""
    match op:
        case o.CreateFunction(function=function) | o.ReplaceFunction(new=function):
            return Needs(function_header(function), function.definition)
        case o.CreateDefinition(definition=defined):
            return Needs(definition_text(defined))
        case o.CreateDomain(domain=domain) | o.AlterDomain(new=domain):
            return Needs(domain_text(domain))
        case o.RecreateDomain(new=domain):
            return Needs(domain_text(domain))
        case o.CreateType(type=found) | o.AlterType(new=found) | o.RecreateType(new=found):
            return Needs(type_text(found))
        case o.CreateTable(table=table, apart=apart):
            indexes = apart.indexes.values() if apart else ()
            return Needs(joined((table_text(table), *map(index_text, indexes))))
        case o.CreateView(view=view):
            return Needs(view.definition or "")
        case o.AddColumn(table=at, column=column) | o.AddSerial(table=at, column=column):
            return Needs(column_text(column), table=at)
        case o.AlterColumnType(table=at, new=column, using=using):
            return Needs(joined((column_text(column), using)), table=at)
        case o.SetDefault(table=at, column=column):
            return Needs(column_text(column), table=at)
        case _:
            return _needs_of_part(op)


def _needs_of_part(op: o.Operation) -> Needs:  # noqa: C901, PLR0911 - one case per operation
    match op:
        case o.AddCheck(table=at, check=check):
            return Needs(check.value, table=at)
        case o.AddExclusion(table=at, exclusion=exclusion):
            return Needs(exclusion.definition, table=at)
        case o.CreateStatistics(table=at, statistics=statistics):
            return Needs(statistics.definition, table=at)
        case o.AlterSequence(new=sequence) if sequence.owned_by:
            schema, table, _ = parse_path(sequence.owned_by)
            return Needs(table=(schema, table))
        case o.CreateIndex(table=at, index=index):
            return Needs(index_text(index), table=at)
        case o.CreatePolicy(table=at, policy=policy) | o.AlterPolicy(table=at, new=policy):
            return Needs(joined((policy.using, policy.with_check)), table=at)
        case o.CreateTrigger(table=at, trigger=trigger):
            return Needs(trigger.definition, table=at)
        case o.CreateRule(table=at, rule=rule):
            return Needs(rule.definition, table=at)
        case o.AddForeignKey(table=at, foreign_key=key):
            return Needs(f'"{key.table_to}"', table=at)
        case _:
            return Needs(table=getattr(op, "table", None))


def provides(op: o.Operation) -> Iterator[str]:  # noqa: C901 - one case per kind
    """The names that are there once a creating operation has run."""
    match op:
        case o.CreateEnum(enum=enum) | o.RecreateEnum(new=enum):
            yield enum.name
        case o.CreateDomain(domain=domain) | o.AlterDomain(new=domain):
            yield domain.name
        case o.RecreateDomain(new=domain):
            yield domain.name
        case o.CreateType(type=found) | o.AlterType(new=found) | o.RecreateType(new=found):
            yield from type_names(found)
        case o.CreateFunction(function=function) | o.ReplaceFunction(new=function):
            yield function.name
        case o.CreateDefinition(definition=defined):
            yield from spoken_names(defined)
        case o.CreateSequence(sequence=sequence):
            yield sequence.name
        case o.CreateTable(table=table):
            yield table.name
            yield from _counters(table)
        case o.CreateView(view=view):
            yield view.name
        case _:
            return


def _counters(table: Table) -> Iterator[str]:
    """The sequences that come with serial and identity columns."""
    for column in table.columns.values():
        if column.identity:
            yield column.identity.name
        elif column.type in _SERIAL:
            yield column.sequence_name or sequence_name(table.name, column.name)


def dropped_text(op: o.Operation) -> str:  # noqa: C901, PLR0911, PLR0912 - one case per operation
    """What the object that an operation drops needs: it must go before that does."""
    match op:
        case o.DropFunction(function=function):
            return function_header(function)
        case o.DropDefinition(definition=defined):
            return definition_text(defined)
        case o.DropDomain(domain=domain) | o.AlterDomain(old=domain):
            return domain_text(domain)
        case o.DropType(type=found):
            return type_text(found)
        case o.DropTable(table=table):
            return table_text(table)
        case o.DropView(view=view):
            return view.definition or ""
        case o.DropColumn(column=column) | o.DropDefault(column=column):
            return column_text(column)
        case o.DropCheck(check=check):
            return check.value
        case o.DropExclusion(exclusion=exclusion):
            return exclusion.definition
        case o.DropStatistics(statistics=statistics):
            return statistics.definition
        case o.DropIndex(index=index):
            return index_text(index)
        case o.DropPolicy(policy=policy):
            return joined((policy.using, policy.with_check))
        case o.DropTrigger(trigger=trigger):
            return trigger.definition
        case o.DropRule(rule=rule):
            return rule.definition
        case _:
            return ""


def dropped_names(op: o.Operation) -> Iterator[str]:  # noqa: C901 - one case per kind
    """The names that an operation takes away."""
    match op:
        case o.DropEnum(enum=enum):
            yield enum.name
        case o.DropDomain(domain=domain):
            yield domain.name
        case o.DropType(type=found):
            yield from type_names(found)
        case o.DropFunction(function=function):
            yield function.name
        case o.DropDefinition(definition=defined):
            yield from spoken_names(defined)
        case o.DropSequence(sequence=sequence):
            yield sequence.name
        case o.DropTable(table=table):
            yield table.name
        case o.DropView(view=view):
            yield view.name
        case _:
            return


def type_names(found: CompositeType | RangeType) -> Iterator[str]:
    """The name of the type, and of the multirange that comes with it."""
    yield found.name
    if isinstance(found, RangeType):
        head, word, tail = found.name.partition("range")
        own = f"{head}multi{word}{tail}" if word else f"{head}_multirange"
        yield found.multirange or own


def function_header(function: Function) -> str:
    """What PostgreSQL reads when it creates the function: all of it when the body is parsed."""
    if function.kind == "aggregate":
        return _AGGREGATE_PART.sub(r"\g<0>()", function.definition)
    if has_parsed_body(function):
        return function.definition
    parts = [text for p in function.parameters for text in (p.type, p.default)]
    return joined([function.returns, *parts])


def definition_text(defined: Definition) -> str:
    """What PostgreSQL reads when it makes the object; what files and libraries are called is no name."""
    if defined.kind in ("collation", "text search dictionary"):
        return ""
    return _FUNCTION_OPTION.sub(r"\g<0>()", defined.definition)


def spoken_names(defined: Definition) -> Iterator[str]:
    """The name by which SQL speaks of it: none of a cast.

    An operator whose name is everywhere is spoken of with its schema (PostgreSQL 18 docs,
    "Operator Precedence").
    """
    if defined.kind == "operator" and defined.name in COMMON_OPERATORS:
        yield f"OPERATOR({spell(defined.schema)}.{defined.name})"
    elif defined.kind not in ("cast", "event trigger", "publication"):
        yield defined.name


def has_parsed_body(function: Function) -> bool:
    """Whether PostgreSQL knows what the body reads, and refuses that it goes or changes before."""
    return _PARSED_BODY.search(_QUOTED_BODY.sub("", function.definition)) is not None


def domain_text(domain: Domain) -> str:
    """The type, collation, default and checks of a domain."""
    checks = (check.value for check in domain.checks.values())
    return joined([domain.type, own_collation(domain.collation), domain.default, *checks])


def own_collation(collation: str | None) -> str | None:
    """The collation as SQL, but those of every PostgreSQL: a table may have such a name, too."""
    if collation is None or collation in _COLLATIONS:
        return None
    return collation if '"' in collation else f'"{collation}"'


def type_text(found: CompositeType | RangeType) -> str:
    """The types and collations inside a type."""
    if isinstance(found, RangeType):
        called = f"{found.subtype_diff}()" if found.subtype_diff else None
        return joined((found.subtype, called, found.opclass, own_collation(found.collation)))
    parts = ((a.type, own_collation(a.collation)) for a in found.attributes)
    return joined(text for part in parts for text in part)


def table_text(table: Table) -> str:
    """The types and expressions of CREATE TABLE, and the names of its parents."""
    return joined(
        (
            *map(column_text, table.columns.values()),
            *(check.value for check in table.check_constraints.values()),
            *(exclusion.definition for exclusion in table.exclusions.values()),
            table.partition_key,
            row_text(table),
        )
    )


def row_text(table: Table) -> str:
    """The types of the columns, and the names of its parents."""
    types = (column.element_type for column in table.columns.values() if column.type_schema)
    names = (*types, *(name for _, name in table.parents))
    return joined('"' + name.replace('"', '""') + '"' for name in names)


def column_text(column: Column) -> str:
    """The type and collation, unless PostgreSQL's own, and the expressions of a column."""
    spelled = column.element_type.replace('"', '""')
    type_ = f'"{spelled}"' if column.type_schema else None
    default = column.default if isinstance(column.default, str) else None
    generated = column.generated.expression if column.generated else None
    return joined((type_, own_collation(column.collation), default, generated))


def index_text(index: Index) -> str:
    """The expressions, operator classes and collations of an index."""
    keys = (c.expression for c in index.columns if c.is_expression)
    named = (text for c in index.columns for text in (c.opclass, own_collation(c.collation)))
    return joined((index.where, *keys, *named))
