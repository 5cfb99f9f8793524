"""The types of the snapshot itself: enums as classes, the others by name."""

from __future__ import annotations

from collections.abc import Iterator

from nbmigrate.model import Column, CompositeType, Enum, Snapshot, key
from nbmigrate.model.names import PUBLIC
from nbmigrate.postgresql.to_code.layout import Group, Node, call, lines_of, quoted
from nbmigrate.postgresql.to_code.names import is_member, type_name, variable_name
from nbmigrate.postgresql.to_code.types import TypeCode, type_code, user_type


class OwnTypes:
    """How the columns say enums, domains, composite types and ranges; and what defines the enums."""

    def __init__(self, snapshot: Snapshot, taken: set[str], *, cell: bool) -> None:
        self.codes: dict[str, TypeCode] = {}
        self._lines: list[list[str]] = []
        self._taken = taken
        self._metadata = None if cell else "metadata"
        used = {
            key(column.type_schema or PUBLIC, column.element_type)
            for table in snapshot.tables.values()
            for column in table.columns.values()
        }
        for name, enum in snapshot.enums.items():
            self.codes[name] = self._enum(enum, is_used=name in used)
        for name, domain in snapshot.domains.items():
            base = type_code(Column(name="", type=domain.type), {})
            self.codes[name] = user_type(domain.id, base.python)
        for name, found in snapshot.types.items():
            python = "str" if isinstance(found, CompositeType) else "Range"
            self.codes[name] = user_type(found.id, python)

    def definitions(self) -> Iterator[str]:
        """The definitions of the enums."""
        return map("\n".join, self._lines)

    def _enum(self, enum: Enum, *, is_used: bool) -> TypeCode:
        if not enum.values or not all(map(is_member, enum.values)):
            return TypeCode("str", self._variable(enum, *map(quoted, enum.values)))
        name = self._claimed(type_name(enum.name, self._taken))
        members = [f"    {label} = {quoted(label)}" for label in enum.values]
        self._lines.append([f"class {name}(enum.Enum):", *members])
        if not is_used:
            self._variable(enum, name)
        implied = name.lower() == enum.name and enum.schema == PUBLIC
        return TypeCode(name, self._type(enum, name), implied)

    def _variable(self, enum: Enum, *labels: Node) -> str:
        """The type under a name of its own."""
        variable = self._claimed(variable_name(enum.name, self._taken))
        node = self._type(enum, *labels, metadata=self._metadata)
        self._lines.append(lines_of(node, prefix=f"{variable} = "))
        return variable

    def _type(self, enum: Enum, *labels: Node, metadata: str | None = None) -> Group:
        schema = None if enum.schema == PUBLIC else quoted(enum.schema)
        return call("Enum", *labels, name=quoted(enum.name), schema=schema, metadata=metadata)

    def _claimed(self, name: str) -> str:
        self._taken.add(name)
        return name
