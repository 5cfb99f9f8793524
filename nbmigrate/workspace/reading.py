"""Reading a source: the words, then URLs, then files and folders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbmigrate.model import EMPTY
from nbmigrate.workspace import drifting, files
from nbmigrate.workspace.live import LiveReader
from nbmigrate.workspace.sources import (
    URL,
    Source,
    read_folder,
    read_snapshot_file,
    recorded,
    unknown,
)
from nbmigrate.workspace.target import Target

if TYPE_CHECKING:
    from nbmigrate.workspace.project import Project


def read_source(workspace: Project, text: str) -> Source:  # noqa: PLR0911 - one return per word
    """The snapshot that a source text stands for."""
    match text:
        case "empty":
            return Source(EMPTY, text)
        case "live":
            return Source(workspace.live.read(workspace.declared).snapshot, text, is_live=True)
        case "declared":
            declared = workspace.declarations
            return Source(declared.snapshot, text, is_complete=False, renames=declared.renames)
        case "applied":
            return drifting.applied_source(workspace)
        case "recorded":
            return Source(recorded(workspace.journal), text)
        case _ if URL.match(text):
            return _read_url(workspace, text)
        case _:
            return _read_file(workspace, text)


def _read_url(workspace: Project, url: str) -> Source:
    target = Target(url, workspace.root)
    try:
        live = LiveReader(target, workspace.settings.schemas).read(workspace.declared)
        return Source(live.snapshot, target.shown_url, is_live=True)
    finally:
        target.close()


def _read_file(workspace: Project, text: str) -> Source:
    root = workspace.root
    if text.endswith(".json"):
        return read_snapshot_file(text, root)
    if text.endswith(".sql"):
        return Source(files.read_sql(root / text, workspace.read_ddl), text)
    if text.endswith((".py", ".ipynb")) or files.is_module(text, root):
        declared = files.read_declarations(text, root, workspace.read_ddl)
        return Source(declared.snapshot, text, renames=declared.renames)
    if (root / text.partition("@")[0]).is_dir():
        return read_folder(text, root)
    raise unknown(text)
