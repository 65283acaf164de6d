"""A designer's folder with one small service of every kind of branch."""

import shutil
from pathlib import Path

from settings import ROOT

ITEM = """\
id: gold-card
title: {en: Gold card, es: Tarjeta oro, pt: Cartão ouro}
summary: {en: Ask for it, es: Solicítela, pt: Peça-o}
description: {en: Ask for it, es: Solicítela, pt: Peça-o}
category: plans
icon: credit-card
form: gold-card
task_forms: [approval]
settings: {fee: 1500, limit: 300}
stages:
  - {id: received, title: {en: Received, es: Recibida, pt: Recebido}, usual: PT1M}
  - {id: decision, title: {en: Decision, es: Decisión, pt: Decisão}, usual: P1D}
  - {id: done, title: {en: Done, es: Hecho, pt: Concluído}, usual: PT1M}
group: operations
customer_can: {withdraw_until: decision}
examples:
  - name: little
    answers: {amount: 100}
process:
  do:
    - choose:
        switch:
          - large: {when: $answers.amount > $settings.limit, then: approve}
          - small: {then: pay}
    - approve:
        call: approval
        metadata: {stage: decision, title: {en: A gold card, es: Una tarjeta, pt: Um cartão}}
        with: {deciders: {group: operations, deadline: P5D}}
    - decided:
        switch:
          - "yes": {when: .decision == "approved", then: rest}
          - "no": {then: refuse}
    - refuse:
        raise:
          error:
            type: https://ventanilla.dev/errors/refused
            status: 409
            title: {en: Not this time., es: Esta vez no., pt: Desta vez não.}
    - rest:
        wait: P90D
        then: pay
    - pay:
        call: charge
        metadata: {stage: done, title: {en: The fee, es: La cuota, pt: A taxa}}
        with:
          amount: ${ $settings.fee }
          currency: EUR
          title: {en: Gold card, es: Tarjeta oro, pt: Cartão ouro}
"""
FORM = """\
{
  "$schema": "./form.schema.json",
  "type": "object",
  "title": "Gold card",
  "x-i18n": {"es": {"title": "Tarjeta oro"}, "pt": {"title": "Cartão ouro"}},
  "required": ["amount"],
  "properties": {
    "amount": {
      "type": "integer", "minimum": 1, "maximum": 1000, "title": "Amount",
      "x-i18n": {"es": {"title": "Importe"}, "pt": {"title": "Montante"}}
    }
  }
}
"""


def workshop(folder: Path, item: str = ITEM) -> Path:
    """The item's file, in a folder like the project's, with its forms."""
    definitions, forms = folder / "catalog_defs", folder / "forms"
    definitions.mkdir(exist_ok=True)
    shutil.copytree(ROOT / "forms", forms, dirs_exist_ok=True)
    shutil.copy(ROOT / "catalog_defs" / "categories.yaml", definitions)
    (forms / "gold-card.json").write_text(FORM, "utf-8")
    path = definitions / "gold-card.yaml"
    path.write_text(item, "utf-8")
    return path
