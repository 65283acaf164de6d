"""A browser without scripts: it reads pages, fills in the forms on them, and presses buttons."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from fastapi.testclient import TestClient

VOID = frozenset({"br", "hr", "img", "input", "link", "meta"})


@dataclass
class Element:
    """One element of a page; `text` is all that is written in it."""

    tag: str
    attributes: dict[str, str | None]
    parent: "Element | None" = None
    children: "list[Element | str]" = field(default_factory=list)

    def get(self, name: str) -> str:
        """An attribute, empty where it is missing."""
        return self.attributes.get(name) or ""

    def has(self, name: str) -> bool:
        """Whether the attribute is there, with a value or without."""
        return name in self.attributes

    @property
    def text(self) -> str:
        """The words in it, with single spaces."""
        parts = (one if isinstance(one, str) else one.text for one in self.children)
        return " ".join(" ".join(parts).split())

    @property
    def classes(self) -> set[str]:
        """Its classes."""
        return set(self.get("class").split())

    def all(self, tag: str = "", **attributes: str) -> "list[Element]":
        """Every element below with this tag and these attributes, in order."""
        found: list[Element] = []
        for child in self.children:
            if isinstance(child, Element):
                fits = all(
                    fits_value(child, name.rstrip("_").replace("_", "-"), v)
                    for name, v in attributes.items()
                )
                if fits and tag in ("", child.tag):
                    found.append(child)
                found += child.all(tag, **attributes)
        return found

    def one(self, tag: str = "", **attributes: str) -> "Element":
        """The first such element; there has to be one."""
        found = self.all(tag, **attributes)
        assert found, f"no <{tag}> with {attributes} in: {self.text[:2000]}"
        return found[0]

    def within(self, tag: str) -> "Element | None":
        """The nearest element around it with this tag."""
        around = self.parent
        while around and around.tag != tag:
            around = around.parent
        return around


def fits_value(element: Element, name: str, value: str) -> bool:
    """Whether an attribute has the value; of classes, one is enough."""
    return value in element.classes if name == "class" else element.get(name) == value


class Reader(HTMLParser):
    """Reads HTML into elements, and notices what is not closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.root = self.open = Element("", {})
        self.feed(html)
        assert self.open is self.root, f"<{self.open.tag}> is not closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, dict(attrs), self.open)
        self.open.children.append(element)
        if tag not in VOID:
            self.open = element

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.children.append(Element(tag, dict(attrs), self.open))

    def handle_endtag(self, tag: str) -> None:
        assert tag == self.open.tag, f"</{tag}> closes <{self.open.tag}>"
        assert self.open.parent
        self.open = self.open.parent

    def handle_data(self, data: str) -> None:
        self.open.children.append(data)


class Visitor:
    """One browser: what it shows now, and what one can do there."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self.status = 0
        self.address = ""
        self.headers: Any = {}
        self.page = Element("", {})

    def go(self, address: str) -> "Visitor":
        """Open an address."""
        return self.shown(self.client.get(address))

    def shown(self, response: Any) -> "Visitor":
        """What came back is what the browser shows."""
        self.status, self.headers = response.status_code, response.headers
        self.address = response.url.path + (
            f"?{response.url.query.decode()}" if response.url.query else ""
        )
        self.page = Reader(response.text).root
        return self

    @property
    def text(self) -> str:
        """Everything written on the page's main part."""
        return self.page.one("main").text

    @property
    def title(self) -> str:
        """The title of the window."""
        return self.page.one("title").text

    @property
    def errors(self) -> list[str]:
        """What the summary on top says is wrong."""
        return [one.text for box in self.page.all(id="summary") for one in box.all("li")]

    def form(self, **attributes: str) -> Element:
        """The form on the page, by `id` or `action`."""
        return self.page.one("main").one("form", **attributes)

    def follow(self, text: str) -> "Visitor":
        """Follow the link with this text."""
        links = [one for one in self.page.all("a") if one.text == text or one.text.startswith(text)]
        assert links, f"no link {text!r} on {self.address}: {[a.text for a in self.page.all('a')]}"
        return self.go(links[0].get("href"))

    def send(
        self,
        values: dict[str, Any] | None = None,
        *,
        press: str = "",
        form: Element | None = None,
        files: dict[str, Any] | None = None,
    ) -> "Visitor":
        """Fill in the form and press the button whose value or text is `press`, else the first."""
        form = form or self.form()
        filled = fields(form)
        for name, value in (values or {}).items():
            filled = [pair for pair in filled if pair[0] != name]
            filled += [(name, one) for one in (value if isinstance(value, list) else [value])]
        button = pressed(form, press)
        if button.get("name") and button.get("name") not in (values or {}):
            filled.append((button.get("name"), button.get("value")))
        target = button.get("formaction") or form.get("action") or self.address
        data: dict[str, list[str]] = {}
        for name, value in filled:
            data.setdefault(name, []).append(value)
        return self.shown(self.client.post(target, data=data, files=files))


def fields(form: Element) -> list[tuple[str, str]]:
    """What a browser would send of the form as it stands."""
    pairs: list[tuple[str, str]] = []
    for one in form.all():
        name = one.get("name")
        if not name or one.tag == "button" or one.has("disabled"):
            continue
        if one.tag == "select":
            pairs += [(name, o.get("value")) for o in one.all("option") if o.has("selected")] or [
                (name, one.all("option")[0].get("value"))
            ]
        elif one.tag == "textarea":
            pairs.append((name, "".join(map(str, one.children))))
        elif one.tag == "input" and one.get("type") in ("checkbox", "radio"):
            pairs += [(name, one.get("value"))] if one.has("checked") else []
        elif one.tag == "input" and one.get("type") != "file":
            pairs.append((name, one.get("value")))
    return pairs


def pressed(form: Element, press: str) -> Element:
    """The button that is pressed; Enter presses the first."""
    buttons = [one for one in form.all("button") if one.get("type") == "submit"]
    for button in buttons:
        if not press or press in (button.get("value"), button.text):
            return button
    raise AssertionError(f"no button {press!r}: {[(b.get('value'), b.text) for b in buttons]}")
