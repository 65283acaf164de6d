"""Templates into pages: texts by key, days and amounts in the reader's way, icons, static files."""

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_decimal
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from lucide import IconDoesNotExist
from lucide.jinja import lucide
from markupsafe import Markup, escape

from catalog.durations import format_duration
from ground import messages
from ground.brand import Brand
from ground.messages import format_money, format_of, format_share, languages, translate
from portal.styles import SHEET, fingerprint, stylesheet
from services import groups
from services.address_lookup import PROVIDERS
from services.document_types import names_of
from services.documents import LARGEST

TEMPLATES = Path(__file__).parent / "templates"
STATIC = Path(__file__).parent / "static"
STATIC_PATH = "/static"
FOR_EVER = "public, max-age=31536000, immutable"
"""What may be kept under an address that changes with its content."""
MIRRORED = ("arrow-", "chevron-", "chevrons-", "log-", "send", "undo", "redo", "list-", "reply")
"""How icons begin that point the other way where one reads from the right."""
SELECTED = " selected"
UNKNOWN_ICON = "file-text"


class Words:
    """How one reader is spoken to: language and time zone. Templates call these by their names."""

    def __init__(self, language: str, zone: ZoneInfo) -> None:
        self.language, self.zone = language, zone

    def text(self, key: str, **params: Any) -> str:
        """The message of the portal under this key, `portal.` left out."""
        said = {
            name: messages.moment(one) if isinstance(one, datetime) else one
            for name, one in params.items()
        }
        return translate(self.language, f"portal.{key}", said or None, self.zone)

    def day(self, value: date | datetime) -> Markup:
        """A calendar day; of a moment, the day on which it falls for the reader."""
        if isinstance(value, datetime):
            value = value.astimezone(self.zone).date()
        shown = format_date(value, "long", locale=format_of(self.language))
        return timed(value.isoformat(), shown)

    def moment(self, value: datetime) -> Markup:
        """A moment by date and time, to the minute."""
        local, locale = value.astimezone(self.zone), format_of(self.language)
        shown = f"{format_date(local, 'medium', locale=locale)}, {self.clock(local, locale)}"
        return timed(value.isoformat(), shown)

    def date(self, value: date) -> Markup:
        """A calendar day in few letters, for tables."""
        shown = format_date(value, "medium", locale=format_of(self.language))
        return timed(value.isoformat(), shown)

    def share(self, value: Decimal | float) -> str:
        """A part of one as a percentage; a measured one to a tenth of a percent."""
        exact = value if isinstance(value, Decimal) else Decimal(str(round(value, 3)))
        return format_share(self.language, exact)

    @staticmethod
    def clock(local: datetime, locale: str) -> str:
        """Hours and minutes."""
        return format_datetime(local, "HH:mm", locale=locale)

    def length(self, value: timedelta) -> Markup:
        """A duration in its largest unit: `2 days`, `3 hours`; a minute is no time at all."""
        if value <= timedelta(minutes=1):
            return timed(format_duration(value), self.text("at_once"))
        shown = format_timedelta(value, threshold=1, locale=format_of(self.language))
        return timed(format_duration(value), shown)

    def money(self, minor: int, currency: str) -> str:
        """An amount of minor units."""
        return format_money(self.language, minor, currency)

    def size(self, count: int) -> str:
        """A number of bytes in the unit that people know it by."""
        unit, power = ("MB", 2) if count >= 1024**2 else ("kB", 1)
        number = max(round(count / 1024**power, 1 if power == 2 else 0), 1)
        return f"{format_decimal(number, locale=format_of(self.language))} {unit}"

    def names(self) -> dict[str, Any]:
        """What templates see of this."""
        return {
            "t": self.text,
            "day": self.day,
            "moment": self.moment,
            "length": self.length,
            "seconds": lambda count: self.length(timedelta(seconds=count)),
            "money": self.money,
            "size": self.size,
            "date": self.date,
            "share": self.share,
            "group_title": partial(groups.title_for_staff, self.language),
            "language": self.language,
            "direction": direction(self.language),
            "languages": languages_by_name(),
        }


def timed(iso: str, shown: str) -> Markup:
    """A `time` element, which programs read too."""
    return Markup('<time datetime="{}">{}</time>').format(iso, shown)


@cache
def direction(language: str) -> str:
    """How a language is written: `ltr` or `rtl`."""
    return "rtl" if Locale.parse(language).character_order == "right-to-left" else "ltr"


@cache
def languages_by_name() -> tuple[tuple[str, str], ...]:
    """Each language with its name in itself."""
    return tuple((code, own_name(code)) for code in languages())


def own_name(code: str) -> str:
    name = Locale.parse(code).get_display_name(code) or code
    return name[0].upper() + name[1:]


@cache
def icon(name: str, size: int = 20) -> Markup:
    """A Lucide icon, kept since drawing one takes most of a millisecond; hidden from readers."""
    try:
        style = "icon mirrored" if name.startswith(MIRRORED) else "icon"
        svg = lucide(name, size=size, aria_hidden="true", **{"class": style})
    except IconDoesNotExist:
        return icon(UNKNOWN_ICON, size)
    return Markup(" ".join(str(svg).split()))


@cache
def asset(name: str, brand: Brand = Brand()) -> str:
    """The address of a static file, which changes with its content and may be kept for ever."""
    content = stylesheet(brand) if name == SHEET else (STATIC / name).read_bytes()
    return f"{STATIC_PATH}/{name}?v={fingerprint(content)}"


def paragraphs(text: str) -> Markup:
    """Plain text with its blank lines as paragraphs."""
    parts = [" ".join(part.split()) for part in text.strip().split("\n\n")]
    return Markup("").join(Markup("<p>{}</p>").format(part) for part in parts if part)


def is_day(text: str) -> bool:
    """Whether a date field can hold this; what was typed wrong needs a field that shows it."""
    try:
        return not text or date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def options(choices: Iterable[tuple[str, str]], chosen: Collection[str]) -> Markup:
    """The options of a list by code and title."""
    return Markup(
        "\n".join(
            f'<option value="{code}"{SELECTED if raw in chosen else ""}>{title}</option>'
            for raw, code, title in escaped(tuple(choices))
        )
    )


@lru_cache(maxsize=200)
def escaped(choices: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str, str], ...]:
    """Each code, and it and its title as HTML; kept, since lists of countries have hundreds."""
    return tuple((code, str(escape(code)), str(escape(title))) for code, title in choices)


def lines(text: str) -> Markup:
    """Plain text with its line ends kept."""
    return Markup("<br>").join(escape(line) for line in text.strip().splitlines())


@cache
def environment() -> Environment:
    """Every template of the portal; an undefined name is a mistake, not an empty text."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {"icon": icon, "asset": asset, "kinds": names_of}
    made.globals["largest_upload"] = LARGEST
    made.globals |= {"is_day": is_day, "options": options, "lookups": PROVIDERS}
    made.filters |= {"paragraphs": paragraphs, "lines": lines}
    return made


def render(template: str, words: Words, **context: Any) -> str:
    """One page as HTML."""
    return environment().get_template(template).render(words.names() | context)
