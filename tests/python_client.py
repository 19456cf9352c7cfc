"""Use the client that openapi-python-client has generated: `python tests/python_client.py [URL TOKEN]`.

Without arguments, it prints the fields of every model; with them, the company of the first step of the queue. It runs
in the environment of the generator, so it imports nothing of ours.
"""

import json
import sys
from importlib import import_module
from typing import Any


def fields_of_models() -> dict[str, list[str]]:
    models: Any = import_module("afterword_client.models")
    classes = {name: getattr(models, name) for name in models.__all__}
    return {
        name: [field.name for field in model.__attrs_attrs__ if field.name != "additional_properties"]
        for name, model in classes.items()
        if hasattr(model, "__attrs_attrs__")
    }


def company_of_the_first_step(url: str, token: str) -> str:
    client = import_module("afterword_client").AuthenticatedClient(base_url=url, token=token)
    page = import_module("afterword_client.api.queue.list_queue").sync(client=client)
    company: str = page.items[0].application.company
    return company


if __name__ == "__main__":
    sys.stdout.write(json.dumps(company_of_the_first_step(*sys.argv[1:]) if sys.argv[1:] else fields_of_models()))
