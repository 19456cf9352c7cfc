// The list of applications, and the forms for an application and an interview.
import { api, label, options, type Schemas, useLoad } from "../api";
import { Field, Form, zones } from "../form";
import { go } from "../router";
import { Page, Show } from "../ui";

export function Applications() {
  const query = { sort: "-updated_at", limit: 200 } as const;
  const list = useLoad(() => api.get("/v1/applications", { params: { query } }), []);
  return (
    <Show from={list}>
      {({ items }) => (
        <Page title="Applications">
          <p><a class="button" href="/applications/new">Add an application</a></p>
          <ul class="list">
            {items.map((one) => (
              <li key={one.id}>
                <a href={`/applications/${one.id}`}>{one.company}</a> <span>{one.role}</span>
                <span class="soft">{label("stage", one.stage)}</span>
              </li>
            ))}
          </ul>
        </Page>
      )}
    </Show>
  );
}

export function NewApplication() {
  const me = useLoad(() => api.get("/v1/me"), []);
  const submit = async (body: Schemas["ApplicationCreate"]) => {
    const { id } = await api.post("/v1/applications", { body });
    go(`/applications/${id}`, "The application is recorded.");
  };
  return (
    <Show from={me}>
      {({ time_zone }) => (
        <Page title="Add an application">
          <Form<Schemas["ApplicationCreate"]> label="Add the application" submit={submit}>
            <Field label="Company" name="/company" required />
            <Field label="Role" name="/role" required />
            <Field label="Applied on" name="/applied_on" type="date" />
            <Field label="Time zone of the employer" name="/time_zone" required options={zones(time_zone)} value={time_zone} />
            <Field label="Why this job" name="/why_role" rows={2} hint="In your own words: letters use it." />
            <Field label="Why this company" name="/why_company" rows={2} hint="In your own words: letters use it." />
          </Form>
        </Page>
      )}
    </Show>
  );
}

export function NewInterview({ id }: { id: string }) {
  const path = { application_id: id };
  const loaded = useLoad(() => api.get("/v1/applications/{application_id}", { params: { path } }), [id]);
  const submit = async (body: Schemas["InterviewCreate"]) => {
    await api.post("/v1/applications/{application_id}/interviews", { params: { path }, body });
    go(`/applications/${id}`, "The interview is recorded. Its steps are planned.");
  };
  return (
    <Show from={loaded}>
      {({ company, time_zone }) => (
        <Page title="Add an interview" over={<a href={`/applications/${id}`}>{company}</a>}>
          <Form<Schemas["InterviewCreate"]> label="Add the interview" submit={submit}>
            <Field label="Start" name="/start_local" type="datetime-local" required />
            <Field label="End" name="/end_local" type="datetime-local" hint="If you do not know it, an hour is assumed." />
            <Field label="Time zone" name="/time_zone" required options={zones(time_zone)} value={time_zone} />
            <Field label="Kind" name="/kind" options={options("interview_kind")} />
            <Field label="Place" name="/location" />
          </Form>
        </Page>
      )}
    </Show>
  );
}
