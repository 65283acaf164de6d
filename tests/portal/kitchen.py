"""A form with every widget and nearly every keyword, and answers to all of it."""

import json
import shutil
from pathlib import Path
from typing import Any

from services import publishing
from settings import ROOT
from store.database import Database
from workflows.registry import definition_registry

ITEM = """\
id: kitchen
title: {en: Kitchen sink, es: Cajón de sastre, pt: Caixa de tudo}
summary: {en: Everything, es: Todo, pt: Tudo}
description: {en: Everything, es: Todo, pt: Tudo}
category: plans
icon: utensils
form: kitchen
stages:
  - {id: received, title: {en: Received, es: Recibida, pt: Recebido}, usual: PT1M}
group: operations
examples:
  - name: full
    answers: %s
process:
  do:
    - rest: {wait: P1D}
"""
Schema = dict[str, Any]
Texts = tuple[str, str, str]


def said(texts: Texts, **more: Texts) -> Schema:
    """A title, and other texts, in every language."""
    words = {"title": texts} | {name.replace("_", "-"): value for name, value in more.items()}
    return {name: value[0] for name, value in words.items()} | {
        "x-i18n": {
            language: {name: value[place] for name, value in words.items()}
            for place, language in ((1, "es"), (2, "pt"))
        }
    }


def text(texts: Texts, **more: Any) -> Schema:
    return {"type": "string", **said(texts), **more}


def choice(*options: tuple[Any, str, str, str]) -> list[Schema]:
    return [{"const": value, **said((en, es, pt))} for value, en, es, pt in options]


def when(name: str, value: Any) -> Schema:
    return {"properties": {name: {"const": value}}, "required": [name]}


WORDS: Schema = {
    "name": text(("Full name", "Nombre completo", "Nome completo"), minLength=2, maxLength=80),
    "story": text(("What happened?", "¿Qué ha pasado?", "O que aconteceu?"), maxLength=1000),
    "email": text(("E-mail", "Correo electrónico", "E-mail"), format="email"),
    "phone": {
        **text(("Telephone", "Teléfono", "Telefone"), format="tel"),
        "x-country": "ES",
        "x-mask": "last4",
    },
    "site": text(("Website", "Sitio web", "Sítio web"), format="uri"),
    "iban": {**text(("IBAN", "IBAN", "IBAN"), format="iban"), "x-mask": "last4"},
    "plate": text(
        ("Number plate", "Matrícula", "Matrícula"),
        pattern="^[0-9]{4}[A-Z]{3}$",
        **{"x-error": {"pattern": "Such as 1234ABC."}},
    ),
}
WORDS["plate"]["x-i18n"]["es"]["x-error"] = {"pattern": "Por ejemplo 1234ABC."}
WORDS["plate"]["x-i18n"]["pt"]["x-error"] = {"pattern": "Por exemplo 1234ABC."}
NUMBERS: Schema = {
    "people": {
        "type": "integer",
        "minimum": 1,
        "maximum": 12,
        **said(("How many people?", "¿Cuántas personas?", "Quantas pessoas?")),
    },
    "change": {
        "type": "number",
        **said(("Change of temperature", "Cambio de temperatura", "Mudança de temperatura")),
    },
    "budget": {
        "type": "integer",
        "minimum": 0,
        "x-widget": "money",
        "x-currency": "EUR",
        **said(("Budget", "Presupuesto", "Orçamento")),
    },
    "speed": {
        "type": "integer",
        "minimum": 100,
        "maximum": 1000,
        "multipleOf": 50,
        "x-widget": "range",
        **said(("Speed in Mbit/s", "Velocidad en Mbit/s", "Velocidade em Mbit/s")),
    },
    "rating": {
        "type": "integer",
        "minimum": 1,
        "maximum": 5,
        "x-widget": "rating",
        **said(
            ("How was it?", "¿Cómo ha sido?", "Como foi?"),
            description=("5 is best.", "5 es lo mejor.", "5 é o melhor."),
        ),
    },
}
CHOICES: Schema = {
    "kind": {
        "oneOf": choice(
            ("home", "At home", "En casa", "Em casa"), ("work", "At work", "Trabajo", "Trabalho")
        ),
        **said(("Where is it?", "¿Dónde es?", "Onde é?")),
    },
    "floor": {
        "x-widget": "select",
        "oneOf": choice(
            (0, "Ground floor", "Planta baja", "Rés do chão"),
            (1, "First floor", "Primer piso", "Primeiro andar"),
            (2, "Second floor", "Segundo piso", "Segundo andar"),
        ),
        **said(("Floor", "Piso", "Andar")),
    },
    "tools": {
        "type": "array",
        "uniqueItems": True,
        "maxItems": 2,
        "items": {
            "oneOf": choice(
                ("drill", "Drill", "Taladro", "Berbequim"),
                ("saw", "Saw", "Sierra", "Serra"),
                ("lamp", "Lamp", "Lámpara", "Lâmpada"),
            )
        },
        **said(("Tools that you need", "Herramientas necesarias", "Ferramentas necessárias")),
    },
    "pets": {"type": "boolean", **said(("There are pets", "Hay mascotas", "Há animais"))},
    "parking": {
        "type": "boolean",
        "x-widget": "radio",
        "oneOf": choice((True, "Yes", "Sí", "Sim"), (False, "No", "No", "Não")),
        **said(("Is there parking?", "¿Hay aparcamiento?", "Há estacionamento?")),
    },
    "subscription": {
        "type": "string",
        "x-options": "my-subscriptions",
        **said(("Subscription", "Suscripción", "Subscrição")),
    },
    "plan": {
        "type": "string",
        "x-options": "plans-for-subscription",
        **said(("Plan", "Plan", "Plano")),
    },
}
DAYS: Schema = {
    "day": {
        **text(("Day", "Día", "Dia"), format="date"),
        "x-not-before": "today-2y",
        "x-not-after": "today+2y",
    },
    "opening": text(("Opens at", "Abre a las", "Abre às"), format="time-local"),
    "call": text(("Call at", "Llamar a las", "Ligar às"), format="time"),
    "begins": text(("It begins", "Comienza", "Começa"), format="date-time-local"),
    "meeting": text(("Meeting", "Reunión", "Reunião"), format="date-time"),
    "train": {
        **text(("Train", "Tren", "Comboio"), format="date-time"),
        "x-zone": "Europe/Lisbon",
    },
}
ADDRESS: Schema = {
    "type": "object",
    "required": ["country", "city"],
    "properties": {
        "country": text(("Country", "País", "País"), format="country"),
        "region": {
            **text(("Region", "Región", "Região"), format="region"),
            "x-country": "country",
        },
        "city": text(("City", "Ciudad", "Cidade")),
    },
    **said(("Address", "Dirección", "Morada")),
}
PEOPLE: Schema = {
    "address": ADDRESS,
    "helpers": {
        "type": "array",
        "minItems": 1,
        "maxItems": 3,
        "items": {
            "type": "object",
            "required": ["first"],
            "properties": {
                "first": text(("First name", "Nombre", "Nome próprio")),
                "born": text(
                    ("Born on", "Fecha de nacimiento", "Data de nascimento"), format="date"
                ),
                "adult": {"type": "boolean", **said(("Is of age", "Es mayor", "É maior"))},
            },
        },
        **said(("Helpers", "Ayudantes", "Ajudantes")),
    },
    "tags": {
        "type": "array",
        "maxItems": 4,
        "items": {"type": "string", "maxLength": 20},
        **said(("Words for it", "Palabras", "Palavras")),
    },
}
END: Schema = {
    "pet_name": text(("Name of the pet", "Nombre de la mascota", "Nome do animal")),
    "customer": text(
        ("Customer number", "Número de cliente", "Número de cliente"),
        readOnly=True,
        default="C-1001",
    ),
    "source": {"type": "string", "x-widget": "hidden", "default": "kitchen"},
    "signature": {**text(("Signature", "Firma", "Assinatura")), "x-widget": "signature"},
    "agreed": {
        "type": "boolean",
        "const": True,
        **said(("I agree", "Estoy de acuerdo", "Estou de acordo")),
    },
}
PAGES: list[Schema] = [
    {"id": "words", "fields": list(WORDS), **said(("Words", "Palabras", "Palavras"))},
    {"id": "numbers", "fields": list(NUMBERS), **said(("Numbers", "Números", "Números"))},
    {"id": "choices", "fields": list(CHOICES), **said(("Choices", "Opciones", "Opções"))},
    {"id": "days", "fields": list(DAYS), **said(("Days", "Días", "Dias"))},
    {"id": "people", "fields": list(PEOPLE), **said(("People", "Personas", "Pessoas"))},
    {
        "id": "pets",
        "fields": ["pet_name"],
        "when": when("pets", True),
        **said(("Pets", "Mascotas", "Animais")),
    },
    {
        "id": "end",
        "fields": ["customer", "source", "signature", "agreed"],
        **said(("The end", "El final", "O fim")),
    },
]
SCHEMA: Schema = {
    "$schema": "./form.schema.json",
    "type": "object",
    **said(("Kitchen sink", "Cajón de sastre", "Caixa de tudo")),
    "x-pages": PAGES,
    "required": ["name", "email", "rating", "kind", "pets", "signature", "agreed", "pet_name"],
    "properties": {**WORDS, **NUMBERS, **CHOICES, **DAYS, **PEOPLE, **END},
}
ANSWERS: dict[str, Any] = {
    "name": "Ana García",
    "story": "First line.\nSecond line, with <b>&amp;</b> in it.",
    "email": "ana@example.com",
    "phone": "+34600123456",
    "site": "https://example.com/a?b=c&d",
    "iban": "ES9121000418450200051332",
    "plate": "1234ABC",
    "people": 3,
    "change": -1.5,
    "budget": 125050,
    "speed": 600,
    "rating": 4,
    "kind": "home",
    "floor": 0,
    "tools": ["drill", "lamp"],
    "pets": True,
    "parking": False,
    "subscription": "s1",
    "plan": "p2",
    "day": "2027-02-01",
    "opening": "09:30:00",
    "call": "14:30:00+02:00",
    "begins": "2027-03-31T14:30:00",
    "meeting": "2027-03-31T14:30:00+02:00",
    "train": "2027-03-31T08:15:00+01:00",
    "address": {"country": "ES", "region": "M", "city": "Madrid"},
    "helpers": [
        {"first": "Leo", "born": "2000-02-29", "adult": True},
        {"first": "Eva", "adult": False},
    ],
    "tags": ["one", "two"],
    "pet_name": "Bobi",
    "customer": "C-1001",
    "source": "kitchen",
    "signature": "Ana García",
    "agreed": True,
}


def publish(database: Database, folder: Path, schema: Schema = SCHEMA) -> None:
    """Put the form into the catalog, which is copied into a folder for that."""
    definitions, forms = folder / "catalog_defs", folder / "forms"
    shutil.copytree(ROOT / "catalog_defs", definitions)
    shutil.copytree(ROOT / "forms", forms)
    example = ANSWERS | {
        "day": "today",
        "subscription": "option:my-subscriptions",
        "plan": "option:plans-for-subscription",
    }
    (definitions / "kitchen.yaml").write_text(ITEM % json.dumps(example), "utf-8")
    (forms / "kitchen.json").write_text(json.dumps(schema), "utf-8")
    refreshed = database.write_now(publishing.refresh, definitions, forms, definition_registry())
    assert not refreshed.problems, refreshed.problems
