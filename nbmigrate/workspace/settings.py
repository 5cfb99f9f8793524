"""Where to work: the project's root, its migrations folder, its database.

What is said in a call comes first, then ``DATABASE_URL`` and ``NBMIGRATE_FOLDER``, then
``[tool.nbmigrate]`` of the pyproject.toml at the root; without any, the embedded PostgreSQL.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbmigrate.errors import SourceError
from nbmigrate.hazards import CODES

EMBEDDED = "embedded"
DEFAULT_FOLDER = "migrations"
FOLDER_VARIABLE = "NBMIGRATE_FOLDER"
_KNOWN = {"url", "folder", "schemas", "history_schema", "history_table", "allow", "production"}


@dataclass(frozen=True, kw_only=True)
class ProjectSettings:
    """What ``[tool.nbmigrate]`` and the environment say."""

    root: Path
    url: str = EMBEDDED
    folder: Path = Path(DEFAULT_FOLDER)
    schemas: tuple[str, ...] | None = None
    history_schema: str = "drizzle"
    history_table: str = "__drizzle_migrations"
    allow: Mapping[str, str] = field(default_factory=dict)
    #: The studio only reads there, unless it is told otherwise.
    production: bool = False


def read_settings(
    root: Path, environ: Mapping[str, str], *, url: str | None, folder: Path | str | None
) -> ProjectSettings:
    """The settings of the project at ``root``.

    Raises:
        SourceError: pyproject.toml cannot be read, or has a key that means nothing.
    """
    table = _read_table(root / "pyproject.toml")
    schemas = table.get("schemas")
    return ProjectSettings(
        root=root,
        url=url or environ.get("DATABASE_URL") or table.get("url") or EMBEDDED,
        folder=root
        / (folder or environ.get(FOLDER_VARIABLE) or table.get("folder") or DEFAULT_FOLDER),
        schemas=tuple(schemas) if schemas else None,
        history_schema=table.get("history_schema", "drizzle"),
        history_table=table.get("history_table", "__drizzle_migrations"),
        allow=_allowances(table.get("allow", {}), root / "pyproject.toml"),
        production=bool(table.get("production", False)),
    )


def _allowances(found: object, path: Path) -> dict[str, str]:
    """``[tool.nbmigrate.allow]``: codes of hazards, and why they are accepted in this project."""
    if not isinstance(found, dict):
        message = f"{path}: tool.nbmigrate.allow is not a table of codes and reasons"
        raise SourceError(message, source=str(path), hint='NB206 = "why it is safe here"')
    for code, reason in found.items():
        if code not in CODES or not isinstance(reason, str) or not reason.strip():
            message = f"{path}: [tool.nbmigrate.allow] {code} is no code of a hazard with a reason"
            raise SourceError(message, source=str(path), hint='NB206 = "why it is safe here"')
    return found


def _read_table(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        table: dict[str, Any] = tomllib.loads(path.read_text("utf-8")).get("tool", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SourceError(f"{path} is not valid TOML: {error}", source=str(path)) from error
    found: dict[str, Any] = table.get("nbmigrate", {})
    for name in found:
        if name not in _KNOWN:
            known = ", ".join(sorted(_KNOWN))
            message = f"{path}: [tool.nbmigrate] has no setting `{name}`"
            raise SourceError(message, source=str(path), hint=f"known: {known}")
    return found
