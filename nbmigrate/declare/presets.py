"""The names that a schema cell has without importing them.

They are looked up last, after the cell's own names and the user's variables, and are
never written into the user's namespace.
"""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import types
import typing
import uuid

import sqlalchemy
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql

from nbmigrate import schema

_TYPING = ("Annotated", "Any", "ClassVar", "Dict", "List", "Literal", "Optional", "Set", "Union")


def make_base() -> type[orm.DeclarativeBase]:
    """A declarative base with a MetaData of its own."""
    # sqlalchemy.UUID is a column type and uuid.UUID a Python one. The cell has one name UUID;
    # this map lets it stand in ``Mapped[UUID]`` as well as in ``Column(UUID)``.
    annotations = {
        sqlalchemy.UUID: sqlalchemy.Uuid(),
        dict: postgresql.JSONB(),
        dict[str, typing.Any]: postgresql.JSONB(),
    }
    body = {"type_annotation_map": annotations, "metadata": sqlalchemy.MetaData()}
    return types.new_class("Base", (orm.DeclarativeBase,), {}, lambda names: names.update(body))


def preset_names(base: type[orm.DeclarativeBase]) -> dict[str, object]:
    """Every preset name; the PostgreSQL dialect's types win over the generic ones."""
    names: dict[str, object] = {}
    for module in (orm, sqlalchemy, postgresql):
        names.update(_public(module))
    names.update({name: getattr(typing, name) for name in _TYPING})
    names.update({name: getattr(schema, name) for name in schema.__all__})
    names.update(
        Base=base,
        metadata=base.metadata,
        sa=sqlalchemy,
        sqlalchemy=sqlalchemy,
        orm=orm,
        event=sqlalchemy.event,
        postgresql=postgresql,
        enum=enum,
        uuid=uuid,
        uuid4=uuid.uuid4,
        Decimal=decimal.Decimal,
        UUID=sqlalchemy.UUID,
        date=dt.date,
        datetime=dt.datetime,
        time=dt.time,
        timedelta=dt.timedelta,
        timezone=dt.timezone,
    )
    return names


def _public(module: types.ModuleType) -> dict[str, object]:
    return {
        name: value
        for name, value in vars(module).items()
        if not name.startswith("_") and not isinstance(value, types.ModuleType)
    }
