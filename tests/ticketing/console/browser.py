"""A browser without JavaScript: it follows links, fills in forms as the page wrote them, and keeps cookies."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import httpx


@dataclass
class Form:
    """A form as the page has it: where it goes, its fields with their values, its buttons and what those tell."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[str] = field(default_factory=list)
    told: dict[str, tuple[str, str]] = field(default_factory=dict)


class Reader(HTMLParser):
    """A reader of pages for tests: forms, links, text, and all that accessibility asks about."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: dict[str, str] = {}
        self.text: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.labelled: set[str] = set()
        self._form: Form | None = None
        self._link: tuple[str, list[str]] | None = None
        self._area: tuple[str, list[str]] | None = None
        self._select: str | None = None
        self._button: list[str] | None = None
        self._says = ("", "")
        self._option: tuple[str | None, bool, list[str]] | None = None
        self._silent = False
        self._in_picture = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take in an element."""
        told = {name: value or "" for name, value in attrs}
        self._in_picture = self._in_picture or tag == "svg"
        if tag == "title" and self._in_picture:
            tag = "title of a mark"
        self.tags.append((tag, told))
        self._silent = self._silent or tag in {"style", "title", "title of a mark"}
        if tag == "form":
            self._form = Form(told.get("action", ""), told.get("method", "get").lower())
            self.forms.append(self._form)
        elif tag == "label" and told.get("for"):
            self.labelled.add(told["for"])
        elif tag == "a":
            self._link = (told.get("href", ""), [])
        elif self._form is not None:
            self._control(tag, told)

    def _control(self, tag: str, told: dict[str, str]) -> None:
        assert self._form
        name = told.get("name", "")
        if tag == "input" and told.get("type") == "radio":
            self._form.choices.setdefault(name, []).append(told["value"])
            if "checked" in told:
                self._form.fields[name] = told["value"]
        elif tag == "input" and told.get("type") != "file":
            self._form.fields[name] = told.get("value", "")
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            self._option = (told.get("value"), "selected" in told, [])
        elif tag == "textarea":
            self._area = (name, [])
        elif tag == "button":
            self._button, self._says = [], (name, told.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        """An element ends."""
        self._in_picture = self._in_picture and tag != "svg"
        if tag in {"style", "title"}:
            self._silent = False
        elif tag == "form":
            self._form = None
        elif tag == "a" and self._link:
            self.links.setdefault(" ".join("".join(self._link[1]).split()), self._link[0])
            self._link = None
        elif tag == "textarea" and self._area and self._form:
            self._form.fields[self._area[0]] = "".join(self._area[1])
            self._area = None
        elif tag == "option" and self._option and self._form and self._select:
            value, chosen, words = self._option
            value = "".join(words).strip() if value is None else value
            self._form.choices.setdefault(self._select, []).append(value)
            if chosen or self._select not in self._form.fields:
                self._form.fields[self._select] = value
            self._option = None
        elif tag == "select":
            self._select = None
        elif tag == "button" and self._button is not None and self._form:
            words = " ".join("".join(self._button).split())
            self._form.buttons.append(words)
            if self._says[0]:
                self._form.told[words] = self._says
            self._button = None

    def handle_data(self, data: str) -> None:
        """Text."""
        if not self._silent:
            self.text.append(data)
        for part in (
            self._link and self._link[1],
            self._area and self._area[1],
            self._button,
            self._option and self._option[2],
        ):
            if part is not None:
                part.append(data)


@dataclass
class Page:
    """An answer and what it says."""

    response: httpx.Response
    read: Reader

    @property
    def text(self) -> str:
        """The words of the page."""
        return " ".join(" ".join(self.read.text).split())

    @property
    def status(self) -> int:
        """The status."""
        return self.response.status_code

    def form(self, button: str) -> Form:
        """The form with a button that begins with these words."""
        found = [one for one in self.read.forms if any(text.startswith(button) for text in one.buttons)]
        assert found, (
            f"no button {button!r} among {[one.buttons for one in self.read.forms]}: {self.text[:600]}"
        )
        return found[0]

    def has(self, button: str) -> bool:
        """Tell whether there is such a button."""
        return any(text.startswith(button) for one in self.read.forms for text in one.buttons)


class Browser:
    """One person at one machine; it remembers the pages that it saw."""

    def __init__(self, base: str, transport: httpx.BaseTransport | None = None) -> None:
        self.client = httpx.Client(
            base_url=base, transport=transport, follow_redirects=True, timeout=60, trust_env=False
        )
        self.seen: list[Page] = []

    def open(self, address: str, **more: Any) -> Page:
        """GET a page."""
        return self._page(self.client.get(address, **more))

    def follow(self, page: Page, link: str) -> Page:
        """Follow the link whose words begin so."""
        found = [to for words, to in page.read.links.items() if words.startswith(link)]
        assert found, f"no link {link!r} among {sorted(page.read.links)}"
        return self.open(found[0])

    def press(self, page: Page, button: str, files: Any = None, **filled: str) -> Page:
        """Fill in the form of a button and send it, with exactly the fields that the page gave it."""
        form = page.form(button)
        assert set(filled) <= set(form.fields) | set(form.choices), (filled, form)
        for name, value in filled.items():
            assert name not in form.choices or value in form.choices[name], (name, value, form.choices[name])
        said = dict(told for words, told in form.told.items() if words.startswith(button))
        return self.send(form, {**form.fields, **said, **filled}, files)

    def send(self, form: Form, data: dict[str, str], files: Any = None) -> Page:
        """Send a form's fields."""
        headers = {"Sec-Fetch-Site": "same-origin"}
        return self._page(self.client.post(form.action, data=data, files=files, headers=headers))

    def _page(self, response: httpx.Response) -> Page:
        reader = Reader()
        if response.headers.get("content-type", "").startswith("text/html"):
            reader.feed(response.text)
        made = Page(response, reader)
        self.seen.append(made)
        return made

    def sign_in(self, email: str, first: str, password: str) -> Page:
        """Sign in for the first time and choose a password."""
        page = self.press(self.open("/console/"), "Sign in", email=email, password=first)
        return self.press(page, "Change password", old_password=first, password=password, again=password)
