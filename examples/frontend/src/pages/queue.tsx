// The queue: what to do next in all applications, in the order of urgency, each step with its reason.
import { useState } from "preact/hooks";
import { api, label, type Schemas, useLoad } from "../api";
import { Next, Page, Show, State } from "../ui";

type Item = Schemas["QueueItem"];

export function Queue() {
  const [limit, setLimit] = useState(20);
  const query = { state: "overdue,open,upcoming", sort: "urgency", limit } as const;
  const queue = useLoad(() => api.get("/v1/queue", { params: { query } }), [limit]);
  const summary = useLoad(() => api.get("/v1/queue/summary"), []);
  const isNow = (item: Item) => item.state !== "upcoming" && !item.stale;
  return (
    <Show from={queue}>
      {({ items, next_cursor }) => (
        <Page title="What to do next">
          <div class="columns">
            <div>
              {!items.some(isNow) && <p class="lead">Nothing is due now.</p>}
              <Cards title="Now" items={items.filter(isNow)} />
              <Rows title="Coming up" items={items.filter((item) => item.state === "upcoming")} />
              <Rows title="Hardly helps any more" items={items.filter((item) => item.stale)} />
              {next_cursor && <p><button type="button" class="secondary" onClick={() => setLimit(limit + 20)}>Show more</button></p>}
            </div>
            <div class="aside">{summary.data && <Summary of={summary.data} />}</div>
          </div>
        </Page>
      )}
    </Show>
  );
}

/** Steps to do now, with the reason and a button that leads to the page for it. */
function Cards({ title, items }: { title: string; items: Item[] }) {
  if (items.length === 0) return null;
  return (
    <section>
      <h2>{title}</h2>
      <ul class="cards">
        {items.map((item) => (
          <li key={item.id} class={`card ${item.state}`}>
            <Of item={item} />
            <h3>{item.title}</h3>
            <p>{item.reason.text}</p>
            {item.next_action && <Next hint={item.next_action} application={item.application_id} scope={item.scope} />}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Other steps, in short. */
function Rows({ title, items }: { title: string; items: Item[] }) {
  if (items.length === 0) return null;
  return (
    <section>
      <h2>{title}</h2>
      <ul class="list">
        {items.map((item) => (
          <li key={item.id}><Of item={item} /><h3>{item.title}</h3><span class="soft">{item.reason.text}</span></li>
        ))}
      </ul>
    </section>
  );
}

function Of({ item: { state, application } }: { item: Item }) {
  return (
    <p class="meta">
      {state !== "upcoming" && <State value={state} />} <a href={`/applications/${application.id}`}>{application.company}</a> <span class="soft">{application.role}</span>
    </p>
  );
}

function Summary({ of: { overdue, open, upcoming, nothing_scheduled } }: { of: Schemas["QueueSummary"] }) {
  return (
    <>
      <section aria-labelledby="summary">
        <h2 id="summary">At a glance</h2>
        <dl class="figures">
          {Object.entries({ overdue, open, upcoming }).map(([state, count]) => (
            <div key={state}><dt>{label("state", state)}</dt><dd>{count}</dd></div>
          ))}
        </dl>
        <p><a class="button" href="/applications/new">Add an application</a></p>
        <p><a href="/search-activities/new">Record a search activity</a></p>
      </section>
      {nothing_scheduled.length > 0 && (
        <section aria-labelledby="unscheduled">
          <h2 id="unscheduled">Nothing scheduled</h2>
          <p class="soft">Live applications without an interview ahead or an open step.</p>
          <ul class="list">
            {nothing_scheduled.map((one) => (
              <li key={one.id}><a href={`/applications/${one.id}`}>{one.company}</a><span class="soft">{one.role}</span></li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}
