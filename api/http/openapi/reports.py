"""The second form of the responses of writes: the report that `effects` and `dry_run` ask for."""

from typing import Any

from api.models.write import WriteReport

Node = dict[str, Any]
REFERENCE = {"$ref": "#/components/schemas/WriteReport"}
ONLY = "The report that `effects` or `dry_run` asks for."
ALSO = "Done. With `effects` or `dry_run`: a report."


def add_report_schemas(schemas: Node) -> None:
    """Add the schemas of a report, which is the response model of no route."""
    made = WriteReport.model_json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
    schemas.update(made.pop("$defs"))
    schemas["WriteReport"] = made


def add_report(answers: Node) -> None:
    """Add the report to the responses of an operation, as the second form of the status 200 if it has that already."""
    if "200" not in answers:
        answers["200"] = {"description": ONLY, "content": {"application/json": {"schema": REFERENCE}}}
        return
    answer = answers["200"]
    usual = answer["content"]["application/json"]["schema"]
    answer["content"]["application/json"]["schema"] = {"anyOf": [usual, REFERENCE]}
    answer["description"] = ALSO if answer["description"] == "Done." else f"{answer['description']} Or a report."
