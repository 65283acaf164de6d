"""JSON Schemas of the definition files, so that editors complete and check them while one types.

`python -m catalog.editor_schema` writes them beside the definitions.
"""

from pathlib import Path
from typing import Any

import orjson
from pydantic import BaseModel

from catalog.definitions import CatalogItem, Categories
from catalog.search_words import FOLDER, SearchWords

DIALECT = "https://json-schema.org/draft/2020-12/schema"
FILES: dict[str, type[BaseModel]] = {
    "catalog-item.schema.json": CatalogItem,
    "categories.schema.json": Categories,
    f"{FOLDER}/search-words.schema.json": SearchWords,
}


def schema_text(model: type[BaseModel]) -> bytes:
    """The JSON Schema of a definition file, as it lies beside the definitions."""
    schema: dict[str, Any] = {"$schema": DIALECT, **model.model_json_schema()}
    return orjson.dumps(schema, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def write(folder: Path) -> None:
    """Write every schema into `folder`."""
    for name, model in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(schema_text(model))


if __name__ == "__main__":
    write(Path(__file__).parent.parent / "catalog_defs")
