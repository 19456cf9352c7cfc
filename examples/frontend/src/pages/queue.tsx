// The queue: what to do next in all applications, in the order of urgency, each step with its reason.
import { useState } from "preact/hooks";
import { api, type Schemas, useLoad } from "../api";
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
          {items.length === 0 && <p>Nothing is due. <a href="/applications/new">Add an application</a>, and its steps begin with the first interview.</p>}
          <Steps title="Now" items={items.filter(isNow)} />
          <Steps title="Coming up" items={items.filter((item) => item.state === "upcoming")} />
          <Steps title="Hardly helps any more" items={items.filter((item) => item.stale)} />
          {next_cursor && <p><button type="button" class="secondary" onClick={() => setLimit(limit + 20)}>Show more</button></p>}
          {summary.data && summary.data.nothing_scheduled.length > 0 && (
            <section aria-labelledby="unscheduled">
              <h2 id="unscheduled">Nothing scheduled</h2>
              <p class="soft">Live applications without an interview ahead and without an open step.</p>
              <ul class="chips">
                {summary.data.nothing_scheduled.map((one) => (
                  <li key={one.id}><a href={`/applications/${one.id}`}>{one.company}</a> <span class="soft">{one.role}</span></li>
                ))}
              </ul>
            </section>
          )}
        </Page>
      )}
    </Show>
  );
}

function Steps({ title, items }: { title: string; items: Item[] }) {
  if (items.length === 0) return null;
  return (
    <section>
      <h2>{title}</h2>
      <ul class="cards">
        {items.map((item) => (
          <li key={item.id} class={`card ${item.state}`}>
            <p class="meta"><State value={item.state} /> <a href={`/applications/${item.application.id}`}>{item.application.company}</a> <span class="soft">{item.application.role}</span></p>
            <h3>{item.title}</h3>
            <p>{item.reason.text}</p>
            {item.next_action && <Next hint={item.next_action} application={item.application_id} scope={item.scope} />}
          </li>
        ))}
      </ul>
    </section>
  );
}
