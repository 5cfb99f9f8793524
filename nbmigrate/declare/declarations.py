"""The registry of what the cells of this kernel declare.

All cells share one declarative base, so that foreign keys and relationships cross cells.
A cell that is run again is taken out of it together with every cell that holds on to its
tables, classes or names; then all of them are run in their old order. Either everything
succeeds and the new replaces the old, or the old is put back as it was. Only a *dependent*
cell may fail: it is then broken, and says so, until it or its cause is run again.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase

from nbmigrate.declare.blocks import Block, ParseSql
from nbmigrate.declare.conflicts import named_owner, refuse_taken
from nbmigrate.declare.faults import Place, fault, located
from nbmigrate.declare.merging import Path, object_paths
from nbmigrate.declare.presets import make_base, preset_names
from nbmigrate.declare.running import run
from nbmigrate.declare.scope import Scope
from nbmigrate.declare.uniting import alone, columns_of, owner_of, paths_of, unite
from nbmigrate.declare.values import CellText, Declared
from nbmigrate.errors import (
    ConnectFailedError,
    DeclarationError,
    ServerError,
    StatementFailedError,
)
from nbmigrate.garbage import uncollected
from nbmigrate.model import EMPTY, Snapshot
from nbmigrate.model.snapshot import sharing
from nbmigrate.postgresql.ddl import Ddl


@dataclass(frozen=True)
class _Attempt:
    """The blocks after a run: all of them, the run ones, and the ones they stand for.

    ``united`` is what those declare together that can be used.
    """

    blocks: list[Block]
    fresh: list[Block]
    old: list[Block]
    united: Snapshot = EMPTY

    def others(self, block: Block) -> list[Block]:
        """All blocks but that one."""
        return [other for other in self.blocks if other is not block]

    def out_of_the_way(self, block: Block) -> list[Block]:
        """What other cells declared before and will declare again after that one."""
        cells = {other.cell for other in self.others(block)}
        return [old for old in self.old if old.cell in cells and old.error is None]


class Declarations:
    """What the cells declare, cell by cell and as one snapshot."""

    def __init__(self) -> None:
        self._base = make_base()
        self._scope = Scope(preset_names(self._base))
        self._blocks: list[Block] = []
        self._united = EMPTY
        self._seen: frozenset[Path] = frozenset()
        self._ordinal = 0

    @property
    def base(self) -> type[DeclarativeBase]:
        """The declarative base that cells see as ``Base``."""
        return self._base

    @property
    def metadata(self) -> sa.MetaData:
        """The MetaData of :attr:`base`."""
        return self._base.metadata

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The blocks in the order in which their cells were first run."""
        return tuple(self._blocks)

    @property
    def cells(self) -> tuple[str, ...]:
        """What the cells that declare something are called."""
        return tuple(block.label for block in self._blocks)

    @property
    def snapshot(self) -> Snapshot:
        """What all cells declare together.

        Raises:
            DeclarationError: when a cell is broken by a change of another.
        """
        for block in self._blocks:
            if block.error is not None:
                raise block.error
        return self._united

    @property
    def renames(self) -> tuple[str, ...]:
        """The renames that the cells declare."""
        return tuple(rename for block in self._blocks for rename in block.renames)

    @property
    def removed(self) -> frozenset[Path]:
        """Paths, as tuples of names, that this kernel once declared and does not any more.

        What a broken cell declared is not removed.
        """
        return self._seen.difference(*(block.seen for block in self._blocks))

    @uncollected()
    def declare(  # noqa: PLR0913 - what a cell is
        self,
        text: str,
        *,
        cell: str,
        namespace: MutableMapping[str, object],
        name: str | None = None,
        parse_sql: ParseSql | None = None,
        first_line: int = 2,
        label: str = "",
    ) -> Declared:
        """Run a cell; it replaces what the cell, or a cell of that name, declared before.

        Args:
            text: The body of the cell, without the ``%%schema`` line.
            cell: What identifies the cell between runs.
            namespace: The user's variables; names that the cell binds are written to it.
            name: The name of the block.
            parse_sql: The text is DDL, and this reads it.
            first_line: The line of the cell in which ``text`` begins.
            label: What messages call the cell; its name by default.

        Raises:
            DeclarationError: when it fails; then nothing has changed.
        """
        label = label or name or (cell if len(cell) < 24 and " " in cell else "")
        replaced = [b for b in self._blocks if b.cell == cell or (name and b.name == name)]
        if not label:
            label = replaced[0].label if replaced else f"schema cell {self._ordinal + 1}"
        where = CellText(text, label, f"<schema cell {cell}>", first_line)
        target = Block(cell, name, where, parse_sql)
        self._scope.namespace = namespace
        attempt = self._attempt(target, replaced)
        self._ordinal += 0 if replaced else 1
        return self._settle(target, attempt)

    def forget(self, cell: str) -> None:
        """Take back what a cell (its key or name) declared, as if it had never been run.

        Raises:
            DeclarationError: when there is no such cell.
        """
        gone = [block for block in self._blocks if cell in (block.cell, block.name)]
        if not gone:
            raise DeclarationError(f"no cell `{cell}` has declared anything")
        attempt = self._attempt(None, gone)
        self._settle(None, attempt)

    def release(self) -> None:
        """Take everything out of the MetaDatas and registries that are shared with others."""
        for block in self._blocks:
            block.take_out()
            block.retire()

    # --- one attempt -------------------------------------------------------------

    def _attempt(self, target: Block | None, replaced: list[Block]) -> _Attempt:
        """Run the target and what depends on the replaced; put all back when that fails."""
        old = self._affected(replaced)
        for block in old:
            block.take_out()
            self._scope.hidden.update(block.bound)
        attempt = _Attempt(self._lined_up(target, replaced, old), [], old)
        try:
            new = [block for block in attempt.blocks if block not in self._blocks]
            for block in (b for b in new if b.kind == "python"):
                attempt.fresh.append(block)
                self._run(block, attempt, strict=block is target)
            self._read(attempt, target)
            self._read_ddl(attempt, [b for b in new if b.kind == "sql"], target)
            united = unite(block for block in attempt.blocks if block.error is None)
        except BaseException:
            for block in attempt.fresh:
                if block.run is not None:
                    block.run.discard()
            for block in old:
                block.put_back()
            self._scope.discard()
            raise
        return replace(attempt, united=united)

    def _affected(self, replaced: list[Block]) -> list[Block]:
        """The replaced blocks, the unsettled ones, and all that depend on any of these."""
        group = [b for b in self._blocks if b in replaced or b.is_unsettled()]
        while True:
            more = [b for b in self._blocks if b not in group and b.needs(group)]
            if not more:
                return group
            group += more

    def _lined_up(
        self, target: Block | None, replaced: list[Block], old: list[Block]
    ) -> list[Block]:
        """The blocks as they will be: the target in the place of what it replaces."""
        blocks: list[Block] = []
        waiting = target
        for block in self._blocks:
            if block in replaced:
                blocks += [waiting] if waiting is not None else []
                waiting = None
            elif block in old:
                blocks.append(block.anew())
            else:
                blocks.append(block)
        return [*blocks, waiting] if waiting is not None else blocks

    def _run(self, block: Block, attempt: _Attempt, *, strict: bool) -> None:
        try:
            block.run = run(block.text, self._scope, self.metadata)
            if strict:
                refuse_taken(block, attempt.out_of_the_way(block))
        except DeclarationError as error:
            self._fail(block, error, attempt, strict=strict)

    def _read_ddl(self, attempt: _Attempt, waiting: list[Block], target: Block | None) -> None:
        """PostgreSQL reads each beside what the others say by now."""
        while waiting:
            block = _first_of(waiting, attempt.old)
            waiting.remove(block)
            attempt.fresh.append(block)
            others = [b for b in attempt.others(block) if b.error is None and b not in waiting]
            try:
                block.ddl = _parsed(block, others)
                block.snapshot = block.ddl.created
            except DeclarationError as error:
                self._fail(block, error, attempt, strict=block is target)
            except (ConnectFailedError, ServerError):
                if block is target:
                    raise
                # nobody can be asked now: it stays as it was read

    def _fail(
        self, block: Block, error: DeclarationError, attempt: _Attempt, *, strict: bool
    ) -> None:
        better = named_owner(error, block, attempt.others(block))
        if strict:
            raise better from error.__cause__
        self._break(block, better, attempt)

    def _read(self, attempt: _Attempt, target: Block | None) -> None:
        for block in attempt.fresh:
            _borrow_once(block, attempt)
            known = columns_of(b for b in attempt.blocks if b is not block)
            try:
                block.read(known)
            except DeclarationError as error:
                better = located(error, block.text)
                if block is target:
                    raise better from error
                self._break(block, better, attempt)

    def _break(self, block: Block, error: DeclarationError, attempt: _Attempt) -> None:
        before = next(b for b in attempt.old if b.cell == block.cell)
        for name, value in block.bound.items():
            if self._scope.staged.get(name) is value:
                del self._scope.staged[name]
        block.seen = before.seen
        block.breaks(error, former=before.mappings)

    def _settle(self, target: Block | None, attempt: _Attempt) -> Declared:
        for block in attempt.old:
            block.retire()
        self._scope.commit()
        self._blocks = attempt.blocks
        self._united = sharing(self._united, attempt.united)
        for block in attempt.fresh:
            if block.error is None:
                block.seen = paths_of(block, attempt.blocks, attempt.united)
                self._seen |= block.seen
        others = [block for block in attempt.fresh if block is not target]
        snapshot = self._alone(target) if target is not None else EMPTY
        return Declared(
            cell=target.label if target is not None else "",
            objects=(*object_paths(snapshot), *(target.added if target is not None else ())),
            notes=target.ddl.notes if target is not None else (),
            snapshot=snapshot,
            renames=target.renames if target is not None else (),
            again=tuple(block.label for block in others if block.error is None),
            broken=tuple((b.label, b.error.message) for b in others if b.error is not None),
        )

    def _alone(self, block: Block) -> Snapshot:
        """The snapshot of one of the blocks that are settled."""
        return self._united if self._blocks == [block] else alone(block)


def _borrow_once(block: Block, attempt: _Attempt) -> None:
    """Leave tables that a module declares to the first cell that imports them."""
    if block.run is None:
        return
    before = attempt.blocks[: attempt.blocks.index(block)]
    taken = {table for other in before if other.run is not None for table in other.run.imported}
    block.run.imported = [table for table in block.run.imported if table not in taken]


def _first_of(waiting: list[Block], old: list[Block]) -> Block:
    """The first that needs none of the others, as they were when they ran last."""
    former = {block.cell: block for block in old}
    known = [former[block.cell] for block in waiting if block.cell in former]
    for block in waiting:
        was = former.get(block.cell)
        if was is None or not was.needs(other for other in known if other is not was):
            return block
    return waiting[0]


def _parsed(block: Block, others: list[Block]) -> Ddl:
    assert block.parse_sql is not None
    try:
        found = block.parse_sql(block.text.text, unite(others))
    except StatementFailedError as error:
        message = f"{error.message}\n{error.detail}" if error.detail else error.message
        raise fault(message, block.text, Place(error.line or 0), hint=error.hint) from error
    for change, line in found.changes:
        owner = owner_of(change.leaf, others)
        where = f", which `{owner}` declares" if owner else ""
        hint = f"say it in `{owner}`" if owner else ""
        raise fault(f"{change.said}{where}", block.text, Place(line), hint=hint)
    return found
