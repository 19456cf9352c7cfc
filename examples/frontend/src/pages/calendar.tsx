// Calendar feeds: the secret address is shown once, so it is shown with a button that copies it.
import { useRef, useState } from "preact/hooks";
import { api, label, options, type Schemas, time, useLoad } from "../api";
import { Field, Form } from "../form";
import { say } from "../router";
import { Button, Page, Show } from "../ui";

type Feed = Schemas["CalendarFeedPublic"];

export function Calendar() {
  const list = useLoad(() => api.get("/v1/calendar-feeds"), []);
  const [created, setCreated] = useState<Feed | null>(null);
  const submit = async (body: Schemas["CalendarFeedCreate"]) => {
    setCreated(await api.post("/v1/calendar-feeds", { body }));
    list.reload();
    say("The calendar address is created.");
  };
  const remove = async (feed: Feed) => {
    await api.delete("/v1/calendar-feeds/{calendar_feed_id}", { params: { path: { calendar_feed_id: feed.id } } });
    if (feed.id === created?.id) setCreated(null);
    list.reload();
    say(`${feed.name} is deleted: its address shows nothing any more.`);
  };
  return (
    <Show from={list}>
      {({ items }) => (
        <Page title="Calendar">
          <p class="lead">Interviews and steps in your own calendar program, which reads them from a secret address.</p>
          {created?.url && <Address feed={created} url={created.url} />}
          <ul class="list">
            {items.map((feed) => (
              <li key={feed.id}>
                <strong>{feed.name}</strong>
                <span class="soft">{feed.last_fetched_at ? `Last read ${time(feed.last_fetched_at)}${feed.last_fetched_by ? ` by ${label("calendar_program", feed.last_fetched_by)}` : ""}` : "Not read yet"}</span>
                <span><Button text={`Delete ${feed.name}`} act={() => remove(feed)} say={say} /></span>
              </li>
            ))}
          </ul>
          <h2>Create an address</h2>
          <Form<Schemas["CalendarFeedCreate"]> label="Create the address" submit={submit}>
            <Field label="Name" name="/name" required value="Job search" />
            <Field label="Steps" name="/steps" required options={options("feed_steps")} value="events" hint="To-dos are shown by Thunderbird, events by all programs." />
            <Field label="Details" name="/details" required options={options("feed_details")} value="full" hint="Few details: without companies and people, for a calendar that others see." />
          </Form>
        </Page>
      )}
    </Show>
  );
}

function Address({ feed, url }: { feed: Feed; url: string }) {
  const input = useRef<HTMLInputElement>(null);
  const copy = async () => {
    input.current!.select();
    await navigator.clipboard.writeText(url);
    say("The address is copied.");
  };
  return (
    <section class="card" aria-labelledby="address">
      <h2 id="address">Address of {feed.name}</h2>
      <p>It is shown only now. Everybody who has it can read the calendar.</p>
      <div class="inline">
        <label for="url">Secret address</label>
        <input id="url" ref={input} readOnly value={url} />
        <Button text="Copy" act={copy} say={say} />
        {feed.webcal_url && <a class="button" href={feed.webcal_url} target="_blank">Subscribe<span class="hidden"> (opens a calendar program)</span></a>}
      </div>
    </section>
  );
}
