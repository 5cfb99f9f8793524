"""SQL of domains, composite and range types.

A type that ALTER cannot bring where it should be is built anew: the old one set aside, the
columns cast, the old one dropped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from nbmigrate.diff.definitions import renamed_checks
from nbmigrate.model import CompositeType, RangeType
from nbmigrate.operations import (
    AlterDomain,
    AlterType,
    CreateDomain,
    CreateType,
    DropDomain,
    DropType,
    MoveDomain,
    MoveType,
    RecreateDomain,
    RecreateType,
    RenameDomain,
    RenameType,
)
from nbmigrate.postgresql.expressions import render_default
from nbmigrate.postgresql.identifiers import qualified, quote, temporary_name
from nbmigrate.postgresql.names import multirange_name
from nbmigrate.postgresql.render.clauses import changed_comment, comment_on, parenthesised
from nbmigrate.postgresql.render.column_clauses import alter, collate, default_action
from nbmigrate.postgresql.types import render_type, split_array

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from nbmigrate.model import Attribute, Domain, DomainCheck
    from nbmigrate.operations import DomainOp, Id, TypeOp, TypeUse, UserType


def render_domain(operation: DomainOp) -> tuple[str, ...]:
    """The statements of an operation on a domain."""
    match operation:
        case CreateDomain(domain=domain):
            return tuple(create_domain(domain))
        case RenameDomain(old=was, new=now):
            return (f"ALTER DOMAIN {_name(was)} RENAME TO {quote(now[1])};",)
        case MoveDomain(old=was, new=now):
            return (f"ALTER DOMAIN {_name(was)} SET SCHEMA {quote(now[0])};",)
        case AlterDomain(old=old, new=new):
            return tuple(alter_domain(old, new))
        case RecreateDomain(old=old, new=new, uses=uses):
            aside = temporary_name(old.name, "old")
            return (
                *_set_aside("DOMAIN", old.id, aside, uses),
                *create_domain(new),
                *(_cast(use, new.type) for use in uses),
                *_restore(uses),
                f"DROP DOMAIN {_name((old.schema, aside))};",
            )
        case DropDomain(domain=domain):
            return (f"DROP DOMAIN {_name(domain.id)};",)
        case _:
            assert_never(operation)


def render_type_operation(operation: TypeOp) -> tuple[str, ...]:
    """The statements of an operation on a composite or range type."""
    match operation:
        case CreateType(type=created):
            return create_type(created)
        case RenameType(old=was, new=now, range=found):
            own = _rename_own(found, was, now[1]) if found else ()
            return (f"ALTER TYPE {_name(was)} RENAME TO {quote(now[1])};", *own)
        case MoveType(old=was, new=now, range=found):
            own = _move_own(found, was, now[0]) if found else ()
            return (f"ALTER TYPE {_name(was)} SET SCHEMA {quote(now[0])};", *own)
        case AlterType(old=old, new=new):
            return tuple(alter_type(old, new))
        case RecreateType(old=old, new=new, uses=uses):
            return tuple(_recreate(old, new, uses))
        case DropType(type=dropped):
            return (f"DROP TYPE {_name(dropped.id)};",)
        case _:
            assert_never(operation)


def create_domain(domain: Domain) -> Iterator[str]:
    """CREATE DOMAIN with its checks and comment."""
    name = _name(domain.id)
    clauses = [f"CREATE DOMAIN {name} AS {domain.type}{collate(domain.collation)}"]
    if domain.default is not None:
        clauses.append(f"DEFAULT {render_default(domain.default)}")
    if domain.not_null:
        clauses.append("NOT NULL")
    clauses += [_check(check) for check in domain.checks.values() if not check.not_valid]
    yield " ".join(clauses) + ";"
    for check in domain.checks.values():
        if check.not_valid:
            yield _add_check(name, check)
    yield from comment_on(f"DOMAIN {name}", domain.comment)
    for check_name, said in domain.check_comments.items():
        yield from comment_on(f"CONSTRAINT {quote(check_name)} ON DOMAIN {name}", said)


def alter_domain(old: Domain, new: Domain) -> Iterator[str]:
    """ALTER DOMAIN for each difference."""
    name = _name(new.id)
    renamed = renamed_checks(old, new)
    for before, after in renamed.items():
        yield f"ALTER DOMAIN {name} RENAME CONSTRAINT {quote(before)} TO {quote(after)};"
    changed = {n for n, check in old.checks.items() if new.checks.get(n) != check}
    gone = [n for n in old.checks if n in changed and n not in renamed]
    for check in gone:
        yield f"ALTER DOMAIN {name} DROP CONSTRAINT {quote(check)};"
    if old.default != new.default:
        kept = new.default is not None
        action = f"SET DEFAULT {render_default(new.default or '')}" if kept else "DROP DEFAULT"
        yield f"ALTER DOMAIN {name} {action};"
    if old.not_null != new.not_null:
        yield f"ALTER DOMAIN {name} {'SET' if new.not_null else 'DROP'} NOT NULL;"
    for check_name, added in new.checks.items():
        if check_name in renamed.values():
            continue
        if check_name in gone or check_name not in old.checks:
            yield _add_check(name, added)
    yield from changed_comment(f"DOMAIN {name}", old.comment, new.comment)
    comments = {renamed.get(n, n): said for n, said in old.check_comments.items() if n not in gone}
    yield from _check_comments(new, comments)


def _check_comments(new: Domain, kept: Mapping[str, str]) -> Iterator[str]:
    """COMMENT ON each check whose comment is another than the one that it has kept."""
    for check in new.checks:
        place = f"CONSTRAINT {quote(check)} ON DOMAIN {_name(new.id)}"
        yield from changed_comment(place, kept.get(check), new.check_comments.get(check))


def _add_check(domain: str, check: DomainCheck) -> str:
    return f"ALTER DOMAIN {domain} ADD {_check(check)}{' NOT VALID' * check.not_valid};"


def _check(check: DomainCheck) -> str:
    return f"CONSTRAINT {quote(check.name)} CHECK {parenthesised(check.value)}"


def create_type(created: UserType) -> tuple[str, ...]:
    """CREATE TYPE with its comment."""
    name = _name(created.id)
    match created:
        case CompositeType(attributes=attributes):
            body = f"({', '.join(map(_attribute, attributes))})"
        case RangeType():
            body = f"RANGE ({', '.join(_range_options(created))})"
    parts = created.attribute_comments if isinstance(created, CompositeType) else {}
    return (
        f"CREATE TYPE {name} AS {body};",
        *comment_on(f"TYPE {name}", created.comment),
        *(
            statement
            for part, said in parts.items()
            for statement in comment_on(f"COLUMN {name}.{quote(part)}", said)
        ),
    )


def _attribute(attribute: Attribute) -> str:
    return f"{quote(attribute.name)} {attribute.type}{collate(attribute.collation)}"


def _range_options(created: RangeType) -> Iterator[str]:
    yield f"SUBTYPE = {created.subtype}"
    if created.opclass:
        yield f"SUBTYPE_OPCLASS = {created.opclass}"
    if created.collation:
        yield f"COLLATION ={collate(created.collation).removeprefix(' COLLATE')}"
    if created.subtype_diff:
        yield f"SUBTYPE_DIFF = {created.subtype_diff}"
    if created.multirange:
        yield f"MULTIRANGE_TYPE_NAME = {qualified((created.schema, created.multirange))}"


def _rename_own(found: RangeType, old: Id, new: str) -> Iterator[str]:
    """The functions that make a range, and the multirange that PostgreSQL named after it."""
    for arguments in _range_arguments(found):
        yield f"ALTER FUNCTION {_name(old)}({arguments}) RENAME TO {quote(new)};"
    multirange, made = (old[0], multirange_name(old[1])), multirange_name(new)
    if found.multirange or multirange[1] == made:
        return
    yield f"ALTER TYPE {_name(multirange)} RENAME TO {quote(made)};"
    for arguments in _multirange_arguments((old[0], new)):
        yield f"ALTER FUNCTION {_name(multirange)}({arguments}) RENAME TO {quote(made)};"


def _move_own(found: RangeType, old: Id, schema: str) -> Iterator[str]:
    """As above, into the schema in which the range is already."""
    for arguments in _range_arguments(found):
        yield f"ALTER FUNCTION {_name(old)}({arguments}) SET SCHEMA {quote(schema)};"
    multirange = (old[0], found.multirange or multirange_name(old[1]))
    yield f"ALTER TYPE {_name(multirange)} SET SCHEMA {quote(schema)};"
    for arguments in _multirange_arguments((schema, old[1])):
        yield f"ALTER FUNCTION {_name(multirange)}({arguments}) SET SCHEMA {quote(schema)};"


def _range_arguments(found: RangeType) -> tuple[str, str]:
    bounds = f"{found.subtype}, {found.subtype}"
    return bounds, f"{bounds}, text"


def _multirange_arguments(range_: Id) -> tuple[str, str, str]:
    return "", _name(range_), f"{_name(range_)}[]"


def alter_type(old: UserType, new: UserType) -> Iterator[str]:
    """ALTER TYPE for each attribute that differs; only composite types come here with any."""
    name = _name(new.id)
    if isinstance(old, CompositeType) and isinstance(new, CompositeType):
        yield from _alter_attributes(name, old, new)
    yield from changed_comment(f"TYPE {name}", old.comment, new.comment)


def _alter_attributes(name: str, old: CompositeType, new: CompositeType) -> Iterator[str]:
    before = {a.name: a for a in old.attributes}
    after = {a.name: a for a in new.attributes}
    actions = [f"DROP ATTRIBUTE {quote(gone)}" for gone in before if gone not in after]
    for attribute in new.attributes:
        if attribute.name not in before:
            actions.append(f"ADD ATTRIBUTE {_attribute(attribute)}")
        elif before[attribute.name] != attribute:
            type_ = f"{attribute.type}{collate(attribute.collation)}"
            actions.append(f"ALTER ATTRIBUTE {quote(attribute.name)} SET DATA TYPE {type_}")
    if actions:
        yield f"ALTER TYPE {name} {', '.join(actions)};"
    for part in after:
        was, said = old.attribute_comments.get(part), new.attribute_comments.get(part)
        yield from changed_comment(f"COLUMN {name}.{quote(part)}", was, said)


def _set_aside(word: str, old: Id, aside: str, uses: tuple[TypeUse, ...]) -> Iterator[str]:
    for use in uses:
        if use.old_default is not None:
            yield alter(use.table, use.column.name, "DROP DEFAULT")
    yield f"ALTER {word} {_name(old)} RENAME TO {quote(aside)};"


def _recreate(old: UserType, new: UserType, uses: tuple[TypeUse, ...]) -> Iterator[str]:
    if isinstance(old, RangeType) and isinstance(new, RangeType):
        yield from _recreate_range(old, new, uses)
        return
    aside = temporary_name(old.name, "old")
    yield from _set_aside("TYPE", old.id, aside, uses)
    yield from create_type(new)
    if isinstance(old, CompositeType) and isinstance(new, CompositeType):
        yield from _cast_by_attribute(uses, old, new, aside)
    else:
        yield from (_cast(use, "text") for use in uses)
    yield from _restore(uses)
    yield f"DROP TYPE {_name((old.schema, aside))};"


def _recreate_range(old: RangeType, new: RangeType, uses: tuple[TypeUse, ...]) -> Iterator[str]:
    """The columns are text meanwhile: a range's own functions keep its name when it is set aside."""
    for use in uses:
        if use.old_default is not None:
            yield alter(use.table, use.column.name, "DROP DEFAULT")
        column, brackets = quote(use.column.name), _brackets(use)
        cast = f"SET DATA TYPE text{brackets} USING {column}::text{brackets}"
        yield alter(use.table, use.column.name, cast)
    yield f"DROP TYPE {_name(old.id)};"
    yield from create_type(new)
    yield from (_cast(use, "text") for use in uses)
    yield from _restore(uses)


def _brackets(use: TypeUse) -> str:
    return "[]" if split_array(use.column.type)[1] else ""


def _cast(use: TypeUse, through: str) -> str:
    column, target = quote(use.column.name), render_type(use.column)
    cast = f"{column}::{through}{_brackets(use)}::{target}"
    return alter(use.table, use.column.name, f"SET DATA TYPE {target} USING {cast}")


def _cast_by_attribute(
    uses: tuple[TypeUse, ...], old: CompositeType, new: CompositeType, aside: str
) -> Iterator[str]:
    """Each value to the attribute of its name: the text of a row knows only their order."""
    if [a.name for a in old.attributes] == [a.name for a in new.attributes]:
        yield from (_cast(use, "text") for use in uses)
        return
    for use in uses:
        if not _brackets(use):
            column, target = quote(use.column.name), render_type(use.column)
            row = _row(column, old, new)
            yield alter(use.table, use.column.name, f"SET DATA TYPE {target} USING {row}")
    arrays = [use for use in uses if _brackets(use)]
    if arrays:
        yield from _cast_arrays(arrays, old, new, aside)


def _cast_arrays(
    uses: Sequence[TypeUse], old: CompositeType, new: CompositeType, aside: str
) -> Iterator[str]:
    """Element by element, by a cast that is there for the while.

    USING takes no subquery, but PostgreSQL applies a cast of the elements to an array of any
    dimensions and bounds (PostgreSQL 18 docs, CREATE CAST and "Value Expressions").
    """
    before, after = _name((old.schema, aside)), _name(new.id)
    function = _name((new.schema, temporary_name(new.name, "cast")))
    yield (
        f"CREATE FUNCTION {function}({before}) RETURNS {after} LANGUAGE sql"
        f" RETURN {_row('$1', old, new)};"
    )
    yield f"CREATE CAST ({before} AS {after}) WITH FUNCTION {function}({before});"
    for use in uses:
        column, target = quote(use.column.name), render_type(use.column)
        yield alter(use.table, use.column.name, f"SET DATA TYPE {target} USING {column}::{target}")
    yield f"DROP CAST ({before} AS {after});"
    yield f"DROP FUNCTION {function}({before});"


def _row(value: str, old: CompositeType, new: CompositeType) -> str:
    """The new row of an old one, given as SQL."""
    before = {a.name: a for a in old.attributes}
    values = ", ".join(_attribute_value(value, a, before.get(a.name)) for a in new.attributes)
    # IS NULL is also true of a row whose values are all NULL
    return f"CASE WHEN {value} IS DISTINCT FROM NULL THEN ROW({values})::{_name(new.id)} END"


def _attribute_value(column: str, attribute: Attribute, old: Attribute | None) -> str:
    if old is None:
        return "NULL"
    value = f"({column}).{quote(attribute.name)}"
    return value if old.type == attribute.type else f"{value}::text::{attribute.type}"


def _restore(uses: tuple[TypeUse, ...]) -> Iterator[str]:
    for use in uses:
        if use.column.default is not None:
            yield alter(use.table, use.column.name, default_action(use.column))


def _name(identifier: Id) -> str:
    return qualified(identifier, spell_public=True)
