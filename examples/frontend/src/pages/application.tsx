// One application: its seven steps, its timeline picture, and in short what is recorded. Two requests.
import { api, label, local, type Schemas, time, useLoad } from "../api";
import { Next, Page, Show, State } from "../ui";

type Whole = Schemas["WholeApplication"];
const EXPAND = "headline,interviews,interviewers,contacts,notes,letters";

export function Application({ id }: { id: string }) {
  const path = { application_id: id };
  const whole = useLoad(() => api.get("/v1/applications/{application_id}", { params: { path, query: { expand: EXPAND } } }), [id]);
  return (
    <Show from={whole}>
      {(it) => (
        <Page title={it.company} over={label("stage", it.stage)}>
          <p class="lead">{it.role}</p>
          <Timeline id={id} />
          <div class="columns">
            <section aria-labelledby="steps">
              <h2 id="steps">Seven steps</h2>
              <ol class="steps">{it.headline?.map((step) => <Step key={step.number} step={step} application={id} />)}</ol>
            </section>
            <div class="aside">
              <Interviews it={it} />
              <Contacts it={it} />
              <Notes it={it} />
              <Letters it={it} />
            </div>
          </div>
        </Page>
      )}
    </Show>
  );
}

function Step({ step, application }: { step: Schemas["HeadlineStep"]; application: string }) {
  const scope = "interview_id" in step.reason.data ? `interview:${step.reason.data.interview_id}` : null;
  const isDue = step.state === "open" || step.state === "overdue";
  return (
    <li class={step.state}>
      <p class="meta"><State value={step.state} /></p>
      <h3>{step.title}</h3>
      <p class={isDue ? "" : "soft"}>{step.reason.text}</p>
      {step.next_action && isDue && <Next hint={step.next_action} application={application} scope={scope} />}
    </li>
  );
}

/** The picture follows the colours of the page through its custom properties `--aw-…`; its texts cannot add markup. */
function Timeline({ id }: { id: string }) {
  const width = Math.max(320, Math.min(1020, document.documentElement.clientWidth - 50));
  const params = { path: { application_id: id }, query: { format: "svg", width } as const };
  const svg = useLoad(() => api.get("/v1/applications/{application_id}/timeline", { params, parseAs: "text" }), [id]);
  return <figure class="timeline" dangerouslySetInnerHTML={{ __html: svg.data ?? "" }} />;
}

function Interviews({ it }: { it: Whole }) {
  return (
    <section>
      <h2>Interviews</h2>
      <ul class="list">
        {it.interviews?.map((one) => (
          <li key={one.id}>
            <span>Round {one.round_no}{one.kind && `, ${label("interview_kind", one.kind).toLowerCase()}`}</span>
            <span class="soft">{local(one.start_local)} ({one.time_zone.replaceAll("_", " ")})</span>
            <span class="links">
              {Date.parse(one.starts_at) > Date.now()
                ? <a href={`/v1/interviews/${one.id}/prep-card?format=html`} target="_blank">Questions to ask<span class="hidden"> (opens a new page)</span></a>
                : <><a href={`/interviews/${one.id}/debrief`}>Debrief<span class="hidden"> of round {one.round_no}</span></a> <a href={`/interviews/${one.id}/letter`}>Letter<span class="hidden"> after round {one.round_no}</span></a></>}
            </span>
          </li>
        ))}
      </ul>
      <p><a href={`/applications/${it.id}/interviews/new`}>Add an interview</a></p>
    </section>
  );
}

/** Whom to ask for the status need not be one of the contacts: then it takes another request. */
function useStatusContact({ status_contact_id, contacts }: Whole) {
  const other = contacts?.some((one) => one.contact_id === status_contact_id) ? null : status_contact_id;
  const path = { contact_id: other ?? "" };
  return useLoad(async () => other ? api.get("/v1/contacts/{contact_id}", { params: { path } }) : null, [other]).data;
}

function Contacts({ it }: { it: Whole }) {
  const asked = useStatusContact(it);
  const people = [...(it.contacts ?? []), ...(asked ? [{ contact: asked, contact_id: asked.id, role: asked.role }] : [])];
  return (
    <section>
      <h2>Contacts</h2>
      <ul class="list">
        {people.map(({ contact, contact_id, role }) => (
          <li key={contact_id}>
            <a href={`/applications/${it.id}/contacts/${contact_id}`}>{contact.full_name ?? "No name yet"}</a>
            <span class="soft">
              {[...new Set([contact.job_title, role && label("contact_role", role), contact_id === it.status_contact_id && "ask for the status here"])].filter(Boolean).join(" · ")}
            </span>
          </li>
        ))}
      </ul>
      <p><a href={`/applications/${it.id}/contacts/new`}>Add a contact</a></p>
    </section>
  );
}

function Notes({ it }: { it: Whole }) {
  if (!it.notes?.length) return null;
  return (
    <section>
      <h2>Notes</h2>
      <ul class="list">
        {it.notes.map((note) => <li key={note.id}><span class="soft">{label("note_kind", note.kind)}</span> <span>{note.text}</span></li>)}
      </ul>
    </section>
  );
}

function Letters({ it }: { it: Whole }) {
  if (!it.letters?.length) return null;
  return (
    <section>
      <h2>Letters</h2>
      <ul class="list">
        {it.letters.map((letter) => (
          <li key={letter.id}>
            <a href={`/letters/${letter.id}`}>{letter.subject ?? label("letter_kind", letter.kind)}</a>
            <span class="soft">{letter.sent_at ? `Sent ${time(letter.sent_at)}` : label("letter_status", letter.status)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
