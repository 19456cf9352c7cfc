// Where steps 5 to 7 are done: references, the call for the status, and a search activity.
import { api, options, type Schemas, time, useLoad } from "../api";
import { Field, Form, Moment } from "../form";
import { go, say } from "../router";
import { Button, Page, Show } from "../ui";

export function Call({ id }: { id: string }) {
  const path = { application_id: id };
  const card = useLoad(() => api.get("/v1/applications/{application_id}/call-card", { params: { path } }), [id]);
  const submit = async (body: Schemas["FollowUpCreate"], { whom, outcomes }: Schemas["CallCard"]) => {
    const channel = outcomes.find((one) => one.outcome === body.outcome)?.channel ?? "phone";
    const all: Schemas["FollowUpCreate"] = { ...body, direction: "out", channel, contact_id: whom?.contact_id ?? null };
    await api.post("/v1/applications/{application_id}/follow-ups", { params: { path }, body: all });
    go(`/applications/${id}`, "The result is recorded.");
  };
  return (
    <Show from={card}>
      {(it) => (
        <Page title="Ask for the status" over={<a href={`/applications/${id}`}>{it.company}</a>}>
          <p class="lead">{it.whom ? [it.whom.name, it.whom.title, it.whom.phone ?? it.whom.email].filter(Boolean).join(" · ") : "Nobody is chosen yet."}</p>
          <p class="soft">It is {it.hours.local_time} there{it.hours.is_open ? "." : ": outside office hours."}</p>
          <blockquote><p>{it.opening}</p>{it.points.map((point) => <p key={point.note_id}>{point.text}</p>)}<p>{it.question}</p></blockquote>
          {it.promised.map((text) => <p key={text}>{text}</p>)}
          <h2>What they said</h2>
          <Form<Schemas["FollowUpCreate"]> label="Record the result" submit={(body) => submit(body, it)}>
            <Field label="Result" name="/outcome" required options={it.outcomes.map((one) => [one.outcome, one.text])} />
            <Field label="In short" name="/summary" rows={2} />
            <Moment label="You may ask again from" name="/contact_from" />
          </Form>
        </Page>
      )}
    </Show>
  );
}

export function References({ id }: { id: string }) {
  const path = { application_id: id };
  const loaded = useLoad(() => api.get("/v1/applications/{application_id}", { params: { path, query: { expand: "references" } } }), [id]);
  const add = async (body: Schemas["ReferenceCreate"]) => {
    const { id: reference_id, name } = await api.post("/v1/references", { body });
    await api.put("/v1/applications/{application_id}/references/{reference_id}", { params: { path: { ...path, reference_id } }, body: {} });
    say(`${name} is a reference for this application.`);
    loaded.reload();
  };
  return (
    <Show from={loaded}>
      {(it) => (
        <Page title="References" over={<a href={`/applications/${id}`}>{it.company}</a>}>
          {it.references?.map((one) => <Briefing key={one.reference_id} link={one} reload={loaded.reload} />)}
          <h2>Add a reference</h2>
          <Form<Schemas["ReferenceCreate"]> label="Add the reference" submit={add}>
            <Field label="Name" name="/name" required />
            <Field label="E-mail" name="/email" type="email" />
            <Field label="Phone" name="/phone" type="tel" />
          </Form>
        </Page>
      )}
    </Show>
  );
}

function Briefing({ link, reload }: { link: Schemas["ApplicationReferencePublic"]; reload: () => void }) {
  const path = { application_id: link.application_id, reference_id: link.reference_id };
  const briefing = useLoad(() => api.get("/v1/applications/{application_id}/references/{reference_id}/briefing", { params: { path } }), [link.reference_id]);
  const told = async () => {
    const body = briefing.data!.record.body as Schemas["ApplicationReferenceUpdate"];
    await api.patch("/v1/applications/{application_id}/references/{reference_id}", { params: { path }, body });
    say(`Recorded: ${link.name} is briefed.`);
    reload();
  };
  return (
    <section class="card" aria-label={link.name ?? "Reference"}>
      <h2>{link.name}</h2>
      {link.briefed_at ? <p>Briefed {time(link.briefed_at)}.</p> : briefing.data && (
        <>
          <details><summary>Message to send</summary><p class="letter">{briefing.data.text}</p></details>
          <p><Button text={`I have told ${link.name}`} act={told} say={say} /></p>
        </>
      )}
    </section>
  );
}

export function NewActivity() {
  const submit = async (body: Schemas["SearchActivityCreate"]) => {
    await api.post("/v1/search-activities", { body });
    go("/", "The search activity is recorded. It counts for all applications.");
  };
  return (
    <Page title="Record a search activity">
      <Form<Schemas["SearchActivityCreate"]> label="Record it" submit={submit}>
        <Field label="What" name="/kind" required options={options("activity_kind")} value="search" />
        <Field label="In short" name="/note" rows={2} />
      </Form>
    </Page>
  );
}
