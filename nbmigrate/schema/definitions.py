"""Extensions, domains, composite and range types, functions, triggers and rules as declared.

A type is SQL text or a SQLAlchemy type. What is made of text is put together here in
PostgreSQL's own words; ``definition`` takes a whole statement instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from msgspec.structs import replace

from nbmigrate import model
from nbmigrate.errors import DeclarationError
from nbmigrate.model import Snapshot, format_path, key
from nbmigrate.model.names import PUBLIC
from nbmigrate.schema.value import SchemaValue, SqlText, add_one, table_id

if TYPE_CHECKING:
    from sqlalchemy.dialects.postgresql import DOMAIN

Enabled = Literal["origin", "replica", "always", "disabled"]
_Kind = Literal["function", "procedure", "aggregate"]

_PARSED_BODY = re.compile(r"\s*(?:begin\s+atomic|return)\b", re.IGNORECASE)
_CREATE = re.compile(
    r"\s*create\s+(?:or\s+replace\s+)?(?=function\b|procedure\b|aggregate\b)", re.IGNORECASE
)


@dataclass(frozen=True)
class Extension(SchemaValue):
    """An extension; without ``schema`` it may be anywhere."""

    name: str
    _: KW_ONLY
    schema: str | None = None

    def into(self, snapshot: Snapshot, sql: SqlText) -> Snapshot:  # noqa: ARG002 - one protocol
        """The snapshot with the extension in it."""
        extension = model.Extension(name=self.name, schema=self.schema)
        what = f"extension `{self.name}`"
        return replace(
            snapshot, extensions=add_one(snapshot.extensions, self.name, extension, what)
        )


@dataclass(frozen=True)
class _Type(SchemaValue):
    """A type that a column may have."""

    name: str

    def as_type(self) -> DOMAIN:
        """The type for a column: ``Column("email", email.as_type())``."""
        from sqlalchemy import types
        from sqlalchemy.dialects.postgresql import DOMAIN

        schema = getattr(self, "schema", None)
        return DOMAIN(self.name, types.Text(), schema=schema, create_type=False)


@dataclass(frozen=True)
class Domain(_Type):
    """A type with conditions: ``check`` is one, ``checks`` are several by name.

    ``not_valid`` are the names of checks that values from before need not meet; ``check_comments``
    are by the name of the check.
    """

    type: object
    _: KW_ONLY
    schema: str | None = None
    check: object = None
    checks: Mapping[str, object] | None = None
    not_valid: Sequence[str] = ()
    default: object = None
    not_null: bool = False
    collation: str | None = None
    check_comments: Mapping[str, str] | None = None
    comment: str | None = None
    renamed_from: str | None = None

    def into(self, snapshot: Snapshot, sql: SqlText) -> Snapshot:
        """The snapshot with the domain in it."""
        single = {f"{self.name}_check": self.check} if self.check is not None else {}
        checks = {**single, **(self.checks or {})}
        comments = self.check_comments or {}
        known = f"a check of domain `{self.name}`"
        _require_known((*self.not_valid, *comments), checks, known)
        domain = model.Domain(
            name=self.name,
            schema=self.schema or PUBLIC,
            type=_type_text(self.type),
            collation=self.collation,
            default=None if self.default is None else sql(self.default),
            not_null=self.not_null,
            checks={
                name: model.DomainCheck(
                    name=name, value=sql(text), not_valid=name in self.not_valid
                )
                for name, text in checks.items()
            },
            check_comments=comments,
            comment=self.comment,
        )
        what = f"domain `{format_path(*domain.id)}`"
        return replace(snapshot, domains=add_one(snapshot.domains, key(*domain.id), domain, what))


@dataclass(frozen=True)
class CompositeType(_Type):
    """A type of several attributes: ``{"street": "text", "zip": "varchar(10)"}``.

    ``collations`` and ``attribute_comments`` are those of attributes that have one: ``{"street": "C"}``.
    """

    attributes: Mapping[str, object]
    _: KW_ONLY
    schema: str | None = None
    collations: Mapping[str, str] | None = None
    attribute_comments: Mapping[str, str] | None = None
    comment: str | None = None
    renamed_from: str | None = None

    def into(self, snapshot: Snapshot, sql: SqlText) -> Snapshot:  # noqa: ARG002 - one protocol
        """The snapshot with the type in it."""
        collations, comments = self.collations or {}, self.attribute_comments or {}
        known = f"an attribute of type `{self.name}`"
        _require_known((*collations, *comments), self.attributes, known)
        attributes = tuple(
            model.Attribute(name=name, type=_type_text(type_), collation=collations.get(name))
            for name, type_ in self.attributes.items()
        )
        return _with_type(
            snapshot,
            model.CompositeType(
                name=self.name,
                schema=self.schema or PUBLIC,
                attributes=attributes,
                attribute_comments=comments,
                comment=self.comment,
            ),
        )


@dataclass(frozen=True)
class RangeType(_Type):
    """A range over a type."""

    subtype: object
    _: KW_ONLY
    schema: str | None = None
    opclass: str | None = None
    collation: str | None = None
    subtype_diff: str | None = None
    multirange: str | None = None
    comment: str | None = None
    renamed_from: str | None = None

    def into(self, snapshot: Snapshot, sql: SqlText) -> Snapshot:  # noqa: ARG002 - one protocol
        """The snapshot with the type in it."""
        return _with_type(
            snapshot,
            model.RangeType(
                name=self.name,
                schema=self.schema or PUBLIC,
                subtype=_type_text(self.subtype),
                opclass=self.opclass,
                collation=self.collation,
                subtype_diff=self.subtype_diff,
                multirange=self.multirange,
                comment=self.comment,
            ),
        )


@dataclass(frozen=True)
class _Routine(SchemaValue):
    """What functions and procedures have in common.

    ``arguments`` is what stands between the parentheses (``"a integer, b integer DEFAULT 1"``),
    ``options`` what stands before the body (``"IMMUTABLE STRICT"``).
    """

    name: str
    arguments: str = ""
    _: KW_ONLY
    body: str | None = None
    language: str = "sql"
    options: str = ""
    schema: str | None = None
    definition: str | None = None
    comment: str | None = None
    renamed_from: str | None = None

    _kind: ClassVar[_Kind] = "function"

    def into(self, snapshot: Snapshot, sql: SqlText) -> Snapshot:  # noqa: ARG002 - one protocol
        """The snapshot with the function in it; its signature is read by whoever asked."""
        schema = self.schema or PUBLIC
        function = model.Function(
            name=self.name,
            schema=schema,
            kind=self._kind,
            definition=self._definition(),
            comment=self.comment,
        )
        signature = f"{self.name}({self.arguments})"
        what = f"{self._kind} `{format_path(schema, signature)}`"
        added = add_one(snapshot.functions, key(schema, signature), function, what)
        return replace(snapshot, functions=added)

    def _definition(self) -> str:
        if self.definition is not None:
            return _CREATE.sub("CREATE OR REPLACE ", self.definition.strip().rstrip(";"), count=1)
        if self.body is None:
            raise DeclarationError(f"a {self._kind} needs a body", source=self.name)
        name = f"{_quote(self.schema or PUBLIC)}.{_quote(self.name)}"
        lines = (
            f"CREATE OR REPLACE {self._kind.upper()} {name}({self.arguments})",
            self._result(),
            f" LANGUAGE {self.language}",
            f" {self.options}" if self.options else "",
            self._body(self.body),
        )
        return "\n".join(line for line in lines if line)

    def _result(self) -> str:
        return ""

    def _body(self, body: str) -> str:
        if self.language.lower() == "sql" and _PARSED_BODY.match(body):
            return body.strip().rstrip(";")
        # a dollar at the end would join the one of the tag
        tag = "$$" if "$$" not in body and not body.endswith("$") else "$body$"
        while tag in body:
            tag = f"{tag[:-1]}_$"
        return f"AS {tag}{body}{tag}"


@dataclass(frozen=True)
class Function(_Routine):
    """A function: ``Function("add", "a int, b int", returns="int", body="SELECT a + b")``."""

    _: KW_ONLY
    returns: str | None = None

    def _result(self) -> str:
        return f" RETURNS {self.returns}" if self.returns else ""


@dataclass(frozen=True)
class Procedure(_Routine):
    """A procedure: ``Procedure("tidy", body="DELETE FROM t")``."""

    _kind: ClassVar[_Kind] = "procedure"


@dataclass(frozen=True)
class Aggregate(_Routine):
    """An aggregate: ``Aggregate("total", "integer", body="SFUNC = int4pl, STYPE = integer")``.

    ``body`` is what stands in the second parentheses of CREATE AGGREGATE.
    """

    _kind: ClassVar[_Kind] = "aggregate"

    def _definition(self) -> str:
        if self.definition is not None or self.body is None:
            return super()._definition()
        name = f"{_quote(self.schema or PUBLIC)}.{_quote(self.name)}"
        return f"CREATE OR REPLACE AGGREGATE {name}({self.arguments or '*'}) ({self.body})"


@dataclass(frozen=True)
class Trigger(SchemaValue):
    """A trigger: ``Trigger("touch", "users", "BEFORE UPDATE", function="touch")``.

    ``event`` is when it fires, up to the word ON; ``function`` may have arguments
    (``"log('users')"``); ``options`` stand behind the table (``"DEFERRABLE"``,
    ``"REFERENCING NEW TABLE AS added"``).
    """

    is_late: ClassVar[bool] = True

    name: str
    table: object
    event: str = ""
    _: KW_ONLY
    function: str | None = None
    for_each: Literal["row", "statement"] = "row"
    when: object = None
    constraint: bool = False
    options: str = ""
    enabled: Enabled = "origin"
    definition: str | None = None
    comment: str | None = None

    def into(self, snapshot: Snapshot, sql: SqlText) -> Snapshot:
        """The snapshot with the trigger in its table or view."""
        definition = (self.definition or self._definition(sql)).strip().rstrip(";")
        trigger = model.Trigger(
            name=self.name, definition=definition, enabled=self.enabled, comment=self.comment
        )
        return _hang(snapshot, self.table, "triggers", trigger)

    def _definition(self, sql: SqlText) -> str:
        if self.function is None or not self.event:
            raise DeclarationError("a trigger needs an event and a function", source=self.name)
        call = self.function if self.function.rstrip().endswith(")") else f"{self.function}()"
        kind = "CONSTRAINT TRIGGER" if self.constraint else "TRIGGER"
        parts = (
            f"CREATE {kind} {_quote(self.name)} {self.event} ON {_table_name(self.table)}",
            self.options,
            f"FOR EACH {self.for_each.upper()}",
            f"WHEN ({sql(self.when)})" if self.when is not None else "",
            f"EXECUTE FUNCTION {call}",
        )
        return " ".join(part for part in parts if part)


@dataclass(frozen=True)
class Rule(SchemaValue):
    """A rewrite rule: ``Rule("keep", "log", "delete", do="NOTHING", instead=True)``."""

    is_late: ClassVar[bool] = True

    name: str
    table: object
    event: str = ""
    _: KW_ONLY
    do: str = "NOTHING"
    instead: bool = False
    where: object = None
    enabled: Enabled = "origin"
    definition: str | None = None
    comment: str | None = None

    def into(self, snapshot: Snapshot, sql: SqlText) -> Snapshot:
        """The snapshot with the rule in its table or view."""
        definition = (self.definition or self._definition(sql)).strip().rstrip(";")
        rule = model.Rule(
            name=self.name, definition=definition, enabled=self.enabled, comment=self.comment
        )
        return _hang(snapshot, self.table, "rules", rule)

    def _definition(self, sql: SqlText) -> str:
        if not self.event:
            raise DeclarationError("a rule needs an event", source=self.name)
        where = f" WHERE {sql(self.where)}" if self.where is not None else ""
        instead = " INSTEAD" if self.instead else ""
        on = f"ON {self.event.upper()} TO {_table_name(self.table)}{where}"
        return f"CREATE RULE {_quote(self.name)} AS {on} DO{instead} {self.do}"


def _hang(
    snapshot: Snapshot, table: object, family: str, part: model.Trigger | model.Rule
) -> Snapshot:
    where = table_id(table)
    what = f"{family.removesuffix('s')} `{format_path(*where, part.name)}`"
    for owners in ("tables", "views"):
        there = getattr(snapshot, owners)
        found = there.get(key(*where))
        if found is not None:
            parts = add_one(getattr(found, family), part.name, part, what)
            changed = replace(found, **{family: parts})
            return replace(snapshot, **{owners: {**there, key(*where): changed}})
    raise DeclarationError(f"{what} of a table or view that is not declared", source=part.name)


def _with_type(snapshot: Snapshot, found: model.CompositeType | model.RangeType) -> Snapshot:
    what = f"type `{format_path(*found.id)}`"
    return replace(snapshot, types=add_one(snapshot.types, key(*found.id), found, what))


def _require_known(names: Iterable[str], there: Iterable[str], what: str) -> None:
    known = [*there]
    for name in names:
        if name not in known:
            raise DeclarationError(f"`{name}` is not {what}", source=name)


def _type_text(type_: object) -> str:
    if isinstance(type_, str):
        return type_
    from sqlalchemy import types
    from sqlalchemy.dialects import postgresql

    instance: types.TypeEngine[object] = types.to_instance(type_)  # type: ignore[call-overload]  # a class or an instance
    return instance.compile(dialect=postgresql.dialect())  # type: ignore[no-untyped-call]  # SQLAlchemy's own


def _table_name(table: object) -> str:
    return ".".join(_quote(part) for part in table_id(table))


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
