"""
Templates: Jinja shown to nobody but its parser, its compiler and a sandbox.

What may stand in a template is a short list: names that were checked, `if`, `for` over a
list that is there, comparing for equality. Nothing can be called, counted
up, included or defined, and an inner loop goes over its item's own list, so that the work
is bounded by the template and the data, and by the length of what comes out.
"""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

import attrs

from crmflow.core.errors import did_you_mean
from crmflow.core.reading import FieldError
from crmflow.policies.outputs.shapes import Items, Shape, inner

if TYPE_CHECKING:
    from jinja2 import Environment, Template, nodes

SAY = "say"
"""Under this name a template is given what writes values; templates cannot name it."""

MOST = 50_000
"""Characters of a text; a template that would say more is cut there."""

LONGEST = 20_000
"""Characters of a template's source."""

DEEPEST = 12
"""How deep its parts may stand within each other: Python refuses what is much deeper."""

_SIMPLE = frozenset(
    ["Template", "Output", "TemplateData", "Const", "And", "Or", "Not", "CondExpr", "If", "Operand"]
)
"""Parts of a template that do nothing by themselves."""

_FLAT = frozenset({"Template", "Output", "Getattr"})
"""Parts that do not count as standing around others."""

_COMPARING = frozenset({"eq", "ne"})


def is_installed() -> bool:
    """Say whether the package of templates is there."""
    return importlib.util.find_spec("jinja2") is not None


@functools.cache
def _environments() -> tuple[Environment, Environment]:
    """Return the sandbox of plain text and that of HTML, made once in a process."""
    try:
        from jinja2 import StrictUndefined, pass_context
        from jinja2.sandbox import ImmutableSandboxedEnvironment
    except ImportError as error:
        message = "outputs need Jinja2 for their templates: pip install 'crmflow[templates]'"
        raise ImportError(message) from error

    @pass_context
    def say(context: Mapping[str, Any], value: object) -> object:
        return context[SAY](value)

    class Sandbox(ImmutableSandboxedEnvironment):
        """A sandbox that reads nothing but the keys of mappings."""

        def getattr(self, obj: Any, attribute: str) -> Any:  # noqa: ANN401 - as Jinja has it
            """Return what stands in a mapping under a name; of anything else nothing."""
            if isinstance(obj, Mapping):
                return obj[attribute]
            return self.undefined(obj=obj, name=attribute)

    def made(*, html: bool) -> Environment:
        found = Sandbox(
            undefined=StrictUndefined, autoescape=html, finalize=say, optimized=False,
            trim_blocks=True, lstrip_blocks=True, cache_size=0,
        )  # fmt: skip
        for known in (found.globals, found.filters, found.tests):
            known.clear()
        return found

    return made(html=False), made(html=True)


@functools.lru_cache(maxsize=2_000)
def _parsed(source: str) -> nodes.Template:
    """
    Return a template's tree, read once in a process; it does nothing but what one may.

    Raises:
        FieldError: It is too long, no template, or does what none may; says where.
        ImportError: The extra `templates` is not installed.
    """
    environment, _ = _environments()
    if len(source) > LONGEST:
        raise FieldError("too_long", f"at most {LONGEST} characters")
    from jinja2 import TemplateSyntaxError

    try:
        tree = environment.parse(source)
        _bound(tree, 0)
        _Checking(named=False).visit(tree, {}, None)
    except TemplateSyntaxError as error:
        raise FieldError("syntax", f"{error.message} (line {error.lineno})") from None
    except RecursionError:
        raise FieldError("syntax", "less within each other") from None
    return tree


@functools.lru_cache(maxsize=2_000)
def _compiled(source: str, *, html: bool) -> Template:
    """Return a template ready to render, compiled when it is first used; it was parsed before."""
    return _environments()[html].from_string(_parsed(source))


def _bound(node: nodes.Node, depth: int) -> None:
    """Refuse parts that stand too deep within each other."""
    if depth > DEEPEST:
        _refuse(node, f"at most {DEEPEST} parts within each other")
    for one in node.iter_child_nodes():
        _bound(one, depth + (type(node).__name__ not in _FLAT))


def check(source: str, shape: Mapping[str, Shape]) -> None:
    """
    Check a template and the names in it.

    Args:
        source: The template.
        shape: The names it may use.

    Raises:
        FieldError: What is wrong first, with its line and what would be right.
    """
    _Checking(named=True).visit(_parsed(source), shape, None)


@attrs.frozen
class _Checking:
    """One walk over a template; `named` where the names are checked too."""

    named: bool

    def visit(self, node: nodes.Node, names: Mapping[str, Shape], item: str | None) -> None:
        """
        Check a part of a template.

        Args:
            node: The part.
            names: Shapes by name.
            item: Name of the item of the loop around it, or None.
        """
        kind = type(node).__name__
        special: Mapping[str, Callable[[Any, Mapping[str, Shape], str | None], object]] = {
            "For": self._loop,
            "Compare": self._comparison,
            "Name": self._shape,
            "Getattr": self._shape,
        }
        if kind in special:
            special[kind](node, names, item)
        elif kind in _SIMPLE:
            for one in node.iter_child_nodes():
                self.visit(one, names, item)
        else:
            _refuse(node, f"no {kind.lower()} in a template: names, `if`, `for`, == and !=")

    def _comparison(self, node: Any, names: Mapping[str, Shape], item: str | None) -> None:  # noqa: ANN401 - Jinja's nodes are not typed
        for one in node.ops:
            if one.op not in _COMPARING:
                _refuse(node, "== or !=, no other comparison")
        for one in node.iter_child_nodes():
            self.visit(one, names, item)

    def _loop(self, node: Any, names: Mapping[str, Shape], item: str | None) -> None:  # noqa: ANN401 - as above
        if node.recursive or type(node.target).__name__ != "Name":
            _refuse(node, "a loop with one name and without recursion")
        if type(node.iter).__name__ not in {"Name", "Getattr"}:
            _refuse(node, "a loop over a list that is there")
        if item is not None and _root(node.iter) != item:
            _refuse(node, f"within a loop only one over a list of {item!r}")
        found = self._shape(node.iter, names, item)
        if self.named and not isinstance(found, Items):
            _refuse(node, "a loop over a list: this is none")
        own = {**names, node.target.name: found.of if isinstance(found, Items) else None}
        for one in (*node.body, *node.else_, *filter(None, (node.test,))):
            self.visit(one, own, node.target.name)

    def _shape(self, node: Any, names: Mapping[str, Shape], item: str | None) -> Shape:  # noqa: ANN401 - as above
        """Return the shape of what a name leads to."""
        if type(node).__name__ == "Name":
            return self._known(node, node.name, names)
        if type(node).__name__ != "Getattr":
            _refuse(node, "a name before the dot")
        return self._known(node, node.attr, inner(self._shape(node.node, names, item)))

    def _known(self, node: Any, name: str, names: Mapping[str, Shape]) -> Shape:  # noqa: ANN401 - as above
        if not self.named:
            return None
        if name not in names:
            _refuse(node, f"{name!r}. {did_you_mean(name, names)}", "unknown")
        return names[name]


def _root(node: Any) -> str:  # noqa: ANN401 - Jinja's nodes are not typed
    """Return the first name of a path."""
    while type(node).__name__ == "Getattr":
        node = node.node
    return str(getattr(node, "name", ""))


def _refuse(node: Any, expected: str, code: str = "template") -> NoReturn:  # noqa: ANN401 - as above
    raise FieldError(code, f"{expected} (line {node.lineno})")


def render(
    source: str, data: Mapping[str, object], say: Callable[[object], str], *, html: bool
) -> str:
    """
    Return what a template says; its check has found nothing.

    Args:
        source: The template.
        data: Values by name, with every name of the shape it was checked against.
        say: Writes a value.
        html: Whether it is HTML, in which values are escaped.

    Returns:
        At most `MOST` characters.
    """
    parts = _compiled(source, html=html).generate({**data, SAY: say})
    return "".join(_cut(parts, MOST))


def _cut(parts: Iterator[str], left: int) -> Iterator[str]:
    """Yield the parts as long as there is room."""
    for part in parts:
        yield part[:left]
        left -= len(part)
        if left <= 0:
            return
