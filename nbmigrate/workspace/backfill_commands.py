"""The command that fills rows batch by batch."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from nbmigrate import executor, results
from nbmigrate.data.backfill import frame_change, set_list, sql_change
from nbmigrate.errors import UsageConflictError
from nbmigrate.model import format_path, parse_path
from nbmigrate.workspace.project import Project

if TYPE_CHECKING:
    from nbmigrate.data.backfill import FrameFunction
    from nbmigrate.executor.backfilling import Listen

DEFAULT_BATCH = 10_000


class BackfillCommands(Project):
    """The command that fills rows batch by batch."""

    def backfill(  # noqa: PLR0913 - one argument per flag
        self,
        table: str,
        change: str | FrameFunction,
        *,
        where: str | None = None,
        batch: int = DEFAULT_BATCH,
        resume: bool = False,
        restart: bool = False,
        on_event: Listen | None = None,
    ) -> results.BackfillResult:
        """Change the rows of a table in batches by its key, each committed with its cursor.

        ``change`` is a SET list (``"age = 0"``) or a function that takes a DataFrame and returns
        it changed. The same call again goes on where the last one stopped.

        Raises:
            UsageConflictError: another backfill of the table is unfinished.
            StatementFailedError: PostgreSQL refused a batch; the earlier ones stay.
        """
        if batch < 1:
            raise UsageConflictError(f"a batch of {batch} rows is none", hint="--batch 10000")
        parts = parse_path(table)
        id_ = (parts[0], parts[1]) if len(parts) > 1 else ("public", parts[0])
        text, apply = _change(change)
        job = executor.Job(table=id_, text=text, change=apply, where=where or "", batch=batch)
        run = executor.backfill(
            self.target.url,
            job,
            resume=resume,
            restart=restart,
            on_event=on_event,
            settings=self.executor_settings(),
        )
        return results.BackfillResult(
            table=format_path(*id_),
            change=text,
            key=run.key,
            rows=run.rows,
            total_rows=run.total_rows,
            batches=run.batches,
            ms=run.seconds * 1000,
            resumed_rows=run.resumed_rows,
            was_done=run.was_done,
        )


def _change(change: str | FrameFunction) -> tuple[str, Any]:
    """The change in words, which tell one backfill from another, and as it is done."""
    if isinstance(change, str):
        assignments = set_list(change)
        return f"SET {assignments}", sql_change(assignments)
    source = getattr(change, "__backfill_source__", None) or inspect.getsource(change)
    return textwrap.dedent(source).strip(), frame_change(change)


def function_of(cell: str, namespace: Mapping[str, Any]) -> Callable[..., Any]:
    """The function that a cell holds: its ``backfill(df)``, its only one, or the cell as a body.

    It sees the variables of the notebook; what it assigns stays its own.

    Raises:
        UsageConflictError: the cell is no Python, or holds several functions and none of that name.
    """
    try:
        parsed = ast.parse(cell)
    except SyntaxError:
        return _body(cell, namespace)
    names = [node.name for node in parsed.body if isinstance(node, ast.FunctionDef)]
    if not names:
        return _body(cell, namespace)
    if len(names) > 1 and "backfill" not in names:
        raise UsageConflictError(
            f"which function changes the rows: {', '.join(names)}?", hint="call it backfill(df)"
        )
    return _run(cell, namespace, "backfill" if "backfill" in names else names[0], cell)


def _body(cell: str, namespace: Mapping[str, Any]) -> Callable[..., Any]:
    """Statements about ``df``; without a return, what they made of it."""
    body = textwrap.indent(textwrap.dedent(cell).strip(), "    ")
    source = f"def backfill(df):\n{body}\n    return df\n"
    return _run(source, namespace, "backfill", cell)


def _run(source: str, namespace: Mapping[str, Any], name: str, cell: str) -> Callable[..., Any]:
    own = dict(namespace)
    try:
        exec(compile(source, "<%%db_backfill>", "exec"), own)  # noqa: S102 - the user's own cell
    except SyntaxError as error:
        raise UsageConflictError(
            f"the cell is no Python: {error.msg} (line {error.lineno})",
            hint="write def backfill(df): ... return df, or say --sql",
        ) from error
    found: Callable[..., Any] = own[name]
    found.__backfill_source__ = cell  # type: ignore[attr-defined]  # told apart by its text
    return found
