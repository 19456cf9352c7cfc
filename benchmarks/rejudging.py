"""Re-evaluate a whole data set, as after a change of the rules: `afterword steps check --repair`."""

from sqlmodel import update

from api.models import StepInstance
from api.storage.session import ANY_OWNER, UNSYNCED
from benchmarks.load import DataSet, analyze, database
from benchmarks.report import Report
from benchmarks.servers import environment, run

MINUTES_A_MILLION = 15


def age(data: DataSet) -> None:
    """Set an older rules version on all step rows, so that every row is rewritten."""
    with database(data.url) as target, target.engine.begin() as connection:
        options = {**UNSYNCED, **ANY_OWNER}
        connection.execute(update(StepInstance).values(rules_version=0), execution_options=options)


def report(to: Report, data: DataSet) -> None:
    """Measure the time of the command."""
    age(data)
    done = run(environment(data.url), "steps", "check", "--repair")
    with database(data.url) as target:
        analyze(target)
    size, section = data.loaded.size, "Re-evaluating all steps"
    rate = size / done.seconds
    words = f"{size:,} applications, {data.loaded.kind}: {done.words.strip().rpartition(', ')[2]}"
    wanted = 1_000_000 / (MINUTES_A_MILLION * 60)
    to.at_least(section, words, f"{rate:,.0f} a second", f"{wanted:,.0f} a second", rate / wanted, 1)
