"""Tables: as mapped classes, and as Table where a class has nothing to hold on to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from nbmigrate.model import ForeignKey, Table
from nbmigrate.postgresql.to_code import layout
from nbmigrate.postgresql.to_code.columns import (
    ColumnCode,
    column_codes,
    column_keys,
    inline_names,
)
from nbmigrate.postgresql.to_code.constraints import constraint_nodes, is_spelled
from nbmigrate.postgresql.to_code.imports import names_of_type
from nbmigrate.postgresql.to_code.indexes import index_node
from nbmigrate.postgresql.to_code.layout import Group, Named, Node, call, lines_of, quoted, text
from nbmigrate.postgresql.to_code.names import attribute_name
from nbmigrate.postgresql.to_code.relationships import Pair, Relationship
from nbmigrate.postgresql.to_code.types import TypeCode

#: What the body of a class uses whatever its columns are.
_ALWAYS = frozenset({"Mapped", "Optional", "list", "mapped_column", "relationship"})


@dataclass
class TableCode:
    """A table, the name of its class or variable, and the foreign keys that can be said."""

    table: Table
    name: str
    keys: list[ForeignKey]
    columns: tuple[ColumnCode, ...]
    attributes: dict[str, str] = field(default_factory=dict)
    relationships: list[tuple[str, Group]] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        table: Table,
        name: str,
        keys: list[ForeignKey],
        own: Mapping[str, TypeCode],
        tables: Mapping[str, Table],
    ) -> TableCode:
        """The code of one table; ``tables`` are all, to which its keys may refer."""
        said = column_keys(table, keys)
        return cls(table, name, keys, column_codes(table, said, own, tables))

    @property
    def late(self) -> list[ForeignKey]:
        """The foreign keys that cannot be said before all tables are there."""
        return [key for key in self.keys if not is_spelled(key)]

    # --- a class -----------------------------------------------------------------

    def name_attributes(self, variables: Iterable[str]) -> None:
        """Give every column an attribute that hides nothing which the class body needs."""
        used = {*_ALWAYS, *variables}
        for column in self.columns:
            annotation, made = column.as_attribute("")
            used |= names_of_type(annotation)
            used |= names_of_type(layout.flat(made)) if made else set()
        taken = set(used)
        for column in self.columns:
            name = attribute_name(column.name, taken)
            self.attributes[column.name] = name
            taken.add(name)
        self._taken = taken

    def free_attribute(self, wanted: str) -> str:
        """A name for a relationship that nothing in the class has."""
        name = attribute_name(wanted, self._taken)
        self._taken.add(name)
        return name

    def class_lines(self) -> list[str]:
        """``class Name(Base): ...``."""
        head = [f"class {self.name}(Base):", f"    __tablename__ = {quoted(self.table.name)}"]
        arguments = self._table_args()
        if arguments is not None:
            head += lines_of(arguments, prefix="__table_args__ = ", depth=1)
        body = [line for column in self.columns for line in self._attribute(column)]
        related = [
            line
            for attribute, node in self.relationships
            for line in lines_of(node, prefix=attribute, depth=1)
        ]
        return [*head, "", *body, *([""] if related else []), *related]

    def _attribute(self, column: ColumnCode) -> list[str]:
        name = self.attributes[column.name]
        annotation, made = column.as_attribute(name, is_bound=True)
        if made is None or (not made.parts and not self._is_remote(column.name)):
            return [f"    {name}: {annotation}"]
        return lines_of(made, prefix=f"{name}: {annotation} = ", depth=1)

    def _is_remote(self, column: str) -> bool:
        return any(k.target == self.table.id and column in k.columns_to for k in self.keys)

    def _table_args(self) -> Group | None:
        options = dict(self._options())
        nodes = [*self._arguments()]
        if not nodes:
            return layout.mapping(options) if options else None
        return layout.group_of((*nodes, *([layout.mapping(options)] if options else ())))

    # --- a Table -----------------------------------------------------------------

    def table_lines(self) -> list[str]:
        """``name = Table(...)``."""
        node = call(
            "Table",
            quoted(self.table.name),
            "metadata",
            *(column.as_column() for column in self.columns),
            *self._arguments(),
            *(Named(f"{word}=", value) for word, value in self._options()),
        )
        return lines_of(node, prefix=f"{self.name} = ")

    # --- both --------------------------------------------------------------------

    def _arguments(self) -> Iterator[Group]:
        inline = inline_names(self.table)
        said = {foreign_key.name for foreign_key in column_keys(self.table, self.keys).values()}
        spelled = [k for k in self.keys if is_spelled(k) and k.name not in said]
        yield from constraint_nodes(self.table, spelled, inline)
        for index in self.table.indexes.values():
            if index.name not in inline:
                yield index_node(index)

    def _options(self) -> Iterator[tuple[str, Node]]:
        for name, said in (
            ("schema", self.table.schema),
            ("postgresql_using", self.table.using),
            ("postgresql_partition_by", self.table.partition_key),
        ):
            if said:
                yield name, quoted(said)
        if self.table.unlogged:
            yield "prefixes", layout.strings(["UNLOGGED"])
        if self.table.inherits:
            yield "postgresql_inherits", layout.group_of(map(quoted, self.table.inherits))
        if self.table.options:
            values = {n: layout.constant(value) for n, value in self.table.options.items()}
            yield "postgresql_with", layout.mapping(values)
        if self.table.comment:
            yield "comment", text(self.table.comment)
        facts = {
            name: getattr(self.table, name) or None for name in ("replica_identity", "clustered_on")
        }
        if info := layout.info_node(**facts):
            yield "info", info


def relate(pairs: Iterable[Pair], tables: Mapping[str, TableCode]) -> None:
    """Give the classes their relationships."""
    for pair in pairs:
        names = [tables[end.table].free_attribute(end.wanted) for end in pair]
        for end, name, back in zip(pair, names, reversed(names), strict=True):
            mine = tables[end.table]
            mine.relationships.append(_relationship(end, name, back, tables))


def _relationship(
    end: Relationship, name: str, back: str, tables: Mapping[str, TableCode]
) -> tuple[str, Group]:
    target = f'"{tables[end.target].name}"'
    python = f"list[{target}]" if end.many else f"Optional[{target}]" if end.optional else target
    remote: Sequence[str] = [tables[end.table].attributes[column] for column in end.remote]
    node = call(
        "relationship",
        secondary=tables[end.through].name if end.through else None,
        remote_side=layout.sequence(remote) if remote else None,
        back_populates=quoted(back),
    )
    return f"{name}: Mapped[{python}] = ", node
