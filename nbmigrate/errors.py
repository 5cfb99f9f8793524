"""Every exception nbmigrate raises, in one tree.

::

    NbmigrateError                     .message .hint .exit_code
    |-- DeclarationError               a bad %%schema cell or schema file: .source .line
    |   |-- UnsupportedTypeError       a column type PostgreSQL has no word for
    |   `-- DuplicateObjectError       two declarations of one name
    |-- SourceError                    a source that cannot be read: .source
    |-- SnapshotError                  .path
    |   |-- SnapshotFormatError        not a snapshot, or a malformed one: .location
    |   `-- SnapshotVersionError       a version this release does not read: .found .supported
    |-- DiffError
    |   |-- RenameError                a rename whose ends do not exist: .rename
    |   `-- UnsupportedOperationError  .operation
    |-- JournalError                   .path
    |   |-- BrokenChainError           snapshots that do not follow each other
    |   |-- EditedMigrationError       .tag: its file is not what was applied
    |   |-- MissingFileError           .tag
    |   |-- LateMigrationError         .tag .later: it does not commute with what came after
    |   `-- MigrationFileError         .line: text that must not be executed
    |-- ExecutionError                 .url (password masked)
    |   |-- ConnectFailedError
    |   |-- LockTimeoutError           .timeout_ms .blockers
    |   |-- StatementFailedError       .tag .index .sql .sqlstate .detail
    |   |-- NoPlaceError               .column: a value that its type in Arrow cannot hold
    |   |-- DriftError                 the database is not what the plan was made for
    |   |-- NothingToUndoError         the stack of pushes and migrations is empty
    |   |-- UndoConflictError          .paths: changed since by somebody
    |   |-- IrreversibleError          .tag: a migration that says no way back
    |   `-- UndoPurgedError            its data is no longer in the trash
    |-- GitError                       files cannot be staged
    |-- ServerError                    the embedded PostgreSQL could not be started
    |-- AnswerNeededError              .questions: nothing was applied
    `-- UsageConflictError             arguments that do not go together

Messages say what, where, found and expected in one sentence, with the full
name of the object in backquotes; ``hint`` is the next thing to type. The data
is in fields, the text is built here, and tests compare fields.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

EXIT_FAILED = 1
EXIT_ANSWER_NEEDED = 2
EXIT_DIFFERENT = 3


def _again(
    kind: type[NbmigrateError], args: tuple[object, ...], fields: dict[str, object]
) -> NbmigrateError:
    made: NbmigrateError = kind.__new__(kind, *args)
    vars(made).update(fields)
    return made


class NbmigrateError(Exception):
    """Base of every error of nbmigrate."""

    exit_code = EXIT_FAILED

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __reduce__(self) -> tuple[object, ...]:
        # With its fields: what a worker of Dask raises is heard here.
        return _again, (type(self), self.args, vars(self))

    def __str__(self) -> str:
        return f"{self.message}\nhint: {self.hint}" if self.hint else self.message

    def _render_traceback_(self) -> list[str]:
        """The lines IPython prints instead of a traceback."""
        lines = [f"{type(self).__name__}: {self.message}"]
        if self.hint:
            lines.append(f"hint: {self.hint}")
        return lines

    def as_dict(self) -> dict[str, object]:
        """The error as ``--json`` prints it; fields that are not set are left out."""
        fields = {
            k: v if isinstance(v, (str, int, float, bool, list, dict)) else str(v)
            for k, v in vars(self).items()
            if v not in (None, "", ())
        }
        return {"error": type(self).__name__, **fields}


class DeclarationError(NbmigrateError):
    """A schema declaration that cannot be used."""

    def __init__(
        self, message: str, *, source: str = "", line: int | None = None, hint: str = ""
    ) -> None:
        where = f"{source}, line {line}: " if source and line else f"{source}: " if source else ""
        super().__init__(where + message, hint=hint)
        self.source = source
        self.line = line


class UnsupportedTypeError(DeclarationError):
    """A column type that PostgreSQL has no word for."""


class DuplicateObjectError(DeclarationError):
    """Two declarations of one name."""


class SourceError(NbmigrateError):
    """A source (URL, folder, file, module) that cannot be read as a schema."""

    def __init__(self, message: str, *, source: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.source = source


class SnapshotError(NbmigrateError):
    """A snapshot file that cannot be used."""

    def __init__(self, message: str, *, path: Path | str = "", hint: str = "") -> None:
        super().__init__(f"{path}: {message}" if path else message, hint=hint)
        self.path = str(path)


class SnapshotFormatError(SnapshotError):
    """A file that is no snapshot, or a malformed one."""

    def __init__(
        self, message: str, *, path: Path | str = "", location: str = "", hint: str = ""
    ) -> None:
        super().__init__(
            f"{message} (at {location})" if location else message, path=path, hint=hint
        )
        self.location = location


class SnapshotVersionError(SnapshotError):
    """A snapshot of a version that this release does not read."""

    def __init__(
        self, *, found: object, supported: Sequence[str], path: Path | str = "", hint: str = ""
    ) -> None:
        message = f"snapshot version {found!r} is not supported (supported: {', '.join(supported)})"
        super().__init__(message, path=path, hint=hint)
        self.found = found
        self.supported = list(supported)


class DiffError(NbmigrateError):
    """Two snapshots that cannot be compared as asked."""


class RenameError(DiffError):
    """A rename whose old name is not there, or whose new name is not new."""

    def __init__(self, message: str, *, rename: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.rename = rename


class UnsupportedOperationError(DiffError):
    """An operation PostgreSQL cannot perform."""

    def __init__(self, message: str, *, operation: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.operation = operation


class JournalError(NbmigrateError):
    """A migrations folder that cannot be used as it is."""

    exit_code = EXIT_DIFFERENT

    def __init__(self, message: str, *, path: Path | str = "", hint: str = "") -> None:
        super().__init__(f"{path}: {message}" if path else message, hint=hint)
        self.path = str(path)


class BrokenChainError(JournalError):
    """Snapshots that do not follow each other."""


class EditedMigrationError(JournalError):
    """A migration file that is not what was applied."""

    def __init__(self, message: str, *, tag: str, path: Path | str = "", hint: str = "") -> None:
        super().__init__(message, path=path, hint=hint)
        self.tag = tag


class MissingFileError(JournalError):
    """A migration that the journal lists and the folder lacks."""

    def __init__(self, message: str, *, tag: str, path: Path | str = "", hint: str = "") -> None:
        super().__init__(message, path=path, hint=hint)
        self.tag = tag


class LateMigrationError(JournalError):
    """A pending migration whose effect may depend on ones that are applied although they follow it."""

    def __init__(
        self,
        message: str,
        *,
        tag: str,
        later: Sequence[str],
        path: Path | str = "",
        hint: str = "",
    ) -> None:
        super().__init__(message, path=path, hint=hint)
        self.tag = tag
        self.later = list(later)


class MigrationFileError(JournalError):
    """A migration file with text that must not be executed."""

    def __init__(
        self, message: str, *, path: Path | str = "", line: int | None = None, hint: str = ""
    ) -> None:
        super().__init__(message, path=f"{path}:{line}" if line else path, hint=hint)
        self.line = line


class ExecutionError(NbmigrateError):
    """Something the database refused. ``url`` never holds a password."""

    def __init__(self, message: str, *, url: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.url = url


class ConnectFailedError(ExecutionError):
    """No connection to the database."""


class LockTimeoutError(ExecutionError):
    """A lock that was not granted in time; ``blockers`` says who holds it."""

    def __init__(
        self, message: str, *, timeout_ms: int, blockers: Sequence[str] = (), hint: str = ""
    ) -> None:
        super().__init__("\n".join((message, *blockers)), hint=hint)
        self.timeout_ms = timeout_ms
        self.blockers = list(blockers)


class StatementFailedError(ExecutionError):
    """A statement that PostgreSQL refused; what was undone is in the message."""

    def __init__(  # noqa: PLR0913 - one field per fact PostgreSQL reports
        self,
        message: str,
        *,
        sql: str,
        sqlstate: str,
        tag: str = "",
        index: int | None = None,
        path: str = "",
        line: int | None = None,
        column: int | None = None,
        detail: str = "",
        hint: str = "",
    ) -> None:
        super().__init__(message, hint=hint)
        self.sql = sql
        self.sqlstate = sqlstate
        self.tag = tag
        self.index = index
        self.path = path
        self.line = line
        self.column = column
        self.detail = detail


class NoPlaceError(ExecutionError):
    """A value that the type of its column in Arrow cannot hold."""

    def __init__(self, message: str, *, column: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.column = column


class DriftError(ExecutionError):
    """The database is not what the plan was made for."""

    exit_code = EXIT_DIFFERENT


class NothingToUndoError(ExecutionError):
    """Nothing was pushed or migrated here that was not taken back already."""

    def __init__(self, database: str) -> None:
        super().__init__(
            f"nothing to undo in {database}: no push or migration of nbmigrate is recorded here"
            " that was not taken back",
            hint="nbmigrate undo --list shows what was undone before",
        )


class UndoConflictError(ExecutionError):
    """What a push made was changed since, so that there is no one way back."""

    exit_code = EXIT_DIFFERENT

    def __init__(self, number: int, paths: Sequence[str]) -> None:
        listed = "; ".join(f"`{path}`" for path in paths)
        super().__init__(
            f"undo {number} conflicts with later changes of the database: {listed}; "
            "nothing was changed",
            hint="take the later change back first (push what was there), then undo again; "
            "the kept data stays in nbmigrate_trash until then",
        )
        self.number = number
        self.paths = list(paths)


class UndoOvertakenError(ExecutionError):
    """Something was pushed after what is to be taken back, or it is taken back already."""

    exit_code = EXIT_DIFFERENT

    def __init__(self, number: int, last: int) -> None:
        super().__init__(
            f"undo {number} is not the last one any more, {last} is; nothing was changed",
            hint="%db_undo takes the last one back; %db_undo --list shows them all",
        )


class UndoUnfinishedError(ExecutionError):
    """The last thing done here is a migration of which only a part has run."""

    exit_code = EXIT_DIFFERENT

    def __init__(self, tag: str) -> None:
        super().__init__(
            f"`{tag}` has run in part only: its run was stopped; nothing was changed",
            hint="%db_migrate goes on where it stopped; then it can be undone as a whole",
        )
        self.tag = tag


class IrreversibleError(ExecutionError):
    """A migration that cannot be taken back."""

    def __init__(self, tag: str, reason: str) -> None:
        super().__init__(
            f"`{tag}` is not reversible: {reason}; nothing was changed",
            hint="write a migration that does the opposite: nbmigrate generate --custom",
        )
        self.tag = tag


class UndoPurgedError(ExecutionError):
    """The data of an undo was thrown away."""

    def __init__(self, number: int) -> None:
        super().__init__(
            f"the data that undo {number} would bring back was purged; nothing was changed",
            hint="--without-data takes the schema back alone",
        )
        self.number = number


class ServerError(NbmigrateError):
    """The embedded PostgreSQL could not be started."""


class GitError(NbmigrateError):
    """Git is not there, or refused to stage files."""


class AnswerNeededError(NbmigrateError):
    """A plan with open questions; nothing was applied."""

    exit_code = EXIT_ANSWER_NEEDED

    def __init__(self, message: str, *, questions: Sequence[object] = (), hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.questions = list(questions)


class UsageConflictError(NbmigrateError):
    """Arguments that do not go together."""

    exit_code = EXIT_ANSWER_NEEDED
