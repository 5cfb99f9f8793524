"""A diagram as an SVG file that stands alone: no script, no font, no address but its namespace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape

from nbmigrate.display.diagram.layout import Place, place
from nbmigrate.display.diagram.routes import routes
from nbmigrate.display.diagram.shape import EDGE, HEAD, ROW, Box, Detail, Diagram, shown_rows
from nbmigrate.display.safe import one_line

NAMESPACE = "http://www.w3.org/2000/svg"
_MARGIN = 16
#: Colours stand on a background of their own, since a saved picture cannot know the theme.
_STYLE = (
    "text{font:12px ui-monospace,Menlo,Consolas,monospace;fill:#1f2937}"
    ".b{fill:#fff;stroke:#64748b}.h{fill:#e8eef6}.t{font-weight:700}.m{fill:#526071}"
    ".l{fill:none;stroke:#94a3b8;stroke-width:1.2}.e{fill:#f8fafc;stroke:#64748b;stroke-width:1.2}"
)


def to_svg(diagram: Diagram, detail: Detail = "columns") -> str:
    """The diagram as SVG."""
    places = place(diagram, detail)
    wide = max((p.x + p.width for p in places.values()), default=0) + _MARGIN
    tall = max((p.y + p.height for p in places.values()), default=0) + _MARGIN
    said = f"{len(diagram.boxes)} tables, {len(diagram.links)} references"
    return "".join(
        (
            f'<svg xmlns="{NAMESPACE}" width="{wide}" height="{tall}" viewBox="0 0 {wide} {tall}"',
            f' role="img" aria-label="{said}"><title>{said}</title><style>{_STYLE}</style>',
            f'<rect width="{wide}" height="{tall}" rx="6" fill="#f8fafc"/>',
            *_lines(diagram, places, detail),
            *(part for box in diagram.boxes for part in _box(box, places[box.key], detail)),
            "</svg>\n",
        )
    )


def _lines(diagram: Diagram, places: Mapping[str, Place], detail: Detail) -> Iterator[str]:
    for route in routes(diagram, places, detail):
        yield f'<g><title>{_text(route.link.label)}</title><path class="l" d="{route.line}"/>'
        yield f'<path class="e" d="{route.ends}"/></g>'


def _box(box: Box, at: Place, detail: Detail) -> Iterator[str]:
    yield f'<g transform="translate({at.x} {at.y})"><title>{_text(box.title)}</title>'
    yield f'<rect class="b" width="{at.width}" height="{at.height}" rx="4"/>'
    yield f'<path class="h" d="M1,{HEAD} V5 a4,4 0 0,1 4,-4 H{at.width - 5} a4,4 0 0,1 4,4 V{HEAD} z"/>'
    yield f'<text class="t" x="{EDGE}" y="17">{_text(box.label)}</text>'
    for number, row in enumerate(shown_rows(box, detail)):
        y = HEAD + ROW * number + 14
        strong = ' class="t"' if "PK" in row.mark else ""
        yield f'<text x="{EDGE}" y="{y}"{strong}>{_text(row.label)}</text>'
        yield f'<text class="m" x="{at.width - EDGE}" y="{y}" text-anchor="end">{_text(row.note)}</text>'
    yield "</g>"


def _text(text: str) -> str:
    return escape(one_line(text))
