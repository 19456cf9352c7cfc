"""Read calendars and vCards back: with ical.js, which did not write them, and with icalendar where Node is missing."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from icalendar import Calendar

from api.rules.calendar import day_end, local_date
from tests.conftest import World
from tests.http.api_client import add

ROOT = Path(__file__).parent.parent
ICAL_JS = ROOT / ".node" / "node_modules" / "ical.js"
NO_ICAL_JS = "ical.js is missing: `.ci/run` installs it"
FEEDS = "/v1/calendar-feeds"
SECOND = timedelta(seconds=1)
Read = Callable[[Sequence[str]], list["Item"]]


@dataclass
class Item:
    """A component: its name, its properties as (name, parameters, type, values), and its own components."""

    name: str
    properties: list[tuple[str, dict[str, Any], str, list[Any]]]
    components: list["Item"]

    def values(self, name: str) -> list[Any]:
        return [values[0] if len(values) == 1 else values for found, _, _, values in self.properties if found == name]

    def get(self, name: str) -> Any:
        found = self.values(name)
        assert len(found) <= 1, (name, found)
        if found and self.kind(name) == "unknown":  # jCal leaves the values of unknown properties as they are
            return re.sub(r"\\(.)", lambda match: "\n" if match[1] == "n" else match[1], found[0])
        return found[0] if found else None

    def kind(self, name: str) -> str:
        return next(kind for found, _, kind, _ in self.properties if found == name)

    def instant(self, name: str) -> datetime:
        assert self.kind(name) == "date-time"
        return datetime.fromisoformat(self.get(name))

    def named(self, name: str) -> Iterator["Item"]:
        return (item for item in self.components if item.name == name)

    def by_uid(self) -> dict[str, "Item"]:
        found = {item.get("uid"): item for item in self.components}
        assert len(found) == len(self.components)
        return found


def _item(jcal: Any) -> Item:
    name, properties, *components = jcal
    return Item(
        name,
        [(found, parameters, kind, values) for found, parameters, kind, *values in properties],
        [_item(one) for one in (components[0] if components else [])],
    )


def with_icalendar(texts: Sequence[str]) -> list[Item]:
    return [_item(Calendar.from_ical(text).to_jcal()) for text in texts]


def with_ical_js(texts: Sequence[str]) -> list[Item]:
    script = ROOT / "tests" / "read_calendars.mjs"
    module = ICAL_JS.parent.parent / script.name  # an import is looked up from the folder of the script
    shutil.copy(script, module)
    done = subprocess.run(
        ["node", str(module)], input=json.dumps(list(texts)), capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return [_item(one) for one in json.loads(done.stdout)]


HAS_ICAL_JS = ICAL_JS.exists() and shutil.which("node") is not None
NEEDS_ICAL_JS = pytest.mark.skipif(not HAS_ICAL_JS, reason=NO_ICAL_JS)
READERS = [
    pytest.param(with_icalendar, id="icalendar"),
    pytest.param(with_ical_js, id="ical.js", marks=[pytest.mark.node, NEEDS_ICAL_JS]),
]


def feed(client: TestClient, **fields: Any) -> str:
    """Create a feed; return the path of its address."""
    made = add(client, FEEDS, **fields)
    assert made["webcal_url"] == made["url"].replace("http:", "webcal:")
    return str(made["url"].partition("testserver")[2])


def fetched(world: World, path: str, tag: str | None = None, **headers: str) -> Any:
    return world.anonymous().get(path, headers={**({"If-None-Match": tag} if tag else {}), **headers})


def calendar(world: World, path: str) -> Item:
    answer = fetched(world, path)
    assert answer.status_code == 200, answer.text
    return with_icalendar([answer.text])[0]


def due_of(item: Item, zone: str) -> datetime:
    """Return the deadline of the event or to-do of a step."""
    if item.name == "vevent":
        if item.kind("dtend") == "date":
            return day_end(datetime.fromisoformat(item.get("dtend")).date() - timedelta(days=1), zone)
        return item.instant("dtend")
    due = item.instant("due")
    later = due + SECOND
    return later if day_end(local_date(due, zone), zone) == later else due
