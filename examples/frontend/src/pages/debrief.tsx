// The debrief of an interview as one form and one request: who was there, what went well, what is open, what comes next.
// In one transaction it can complete steps 1 to 3.
import { api, label, type Schemas, useLoad } from "../api";
import { Check, Field, Form, Moment, Rows } from "../form";
import { go } from "../router";
import { Page, Show } from "../ui";

type Body = Schemas["Debrief"];

export function Debrief({ id }: { id: string }) {
  const path = { interview_id: id };
  const loaded = useLoad(async () => {
    const interview = await api.get("/v1/interviews/{interview_id}", { params: { path } });
    const params = { path: { application_id: interview.application_id }, query: { expand: "interviewers" } };
    return { interview, application: await api.get("/v1/applications/{application_id}", { params }) };
  }, [id]);
  const submit = async (body: Body) => {
    const { interview, headline } = await api.post("/v1/interviews/{interview_id}/debrief", { params: { path }, body });
    const states = headline.slice(0, 3).map(({ title, state }) => `${title}: ${label("state", state).toLowerCase()}.`);
    go(`/applications/${interview.application_id}`, `The debrief is recorded. ${states.join(" ")}`);
  };
  return (
    <Show from={loaded}>
      {({ interview, application }) => {
        const known = application.interviewers?.filter((one) => one.interview_id === id).map((one) => one.full_name ?? "a person without a name");
        return (
          <Page title="Debrief" over={<a href={`/applications/${application.id}`}>{application.company}, round {interview.round_no}</a>}>
            <p class="lead">What you still remember. Everything is optional, and you can come back.</p>
            <Form<Body> label="Record the debrief" submit={submit}>
              <h2>Who was there</h2>
              {known && known.length > 0 && <p class="soft">Recorded: {known.join(", ")}. Add only who is missing.</p>}
              <Rows legend="Person" add="Another person">
                {(n) => (
                  <div class="pairs">
                    <Field label="Name" name={`/people/${n}/full_name`} />
                    <Field label="Job title" name={`/people/${n}/job_title`} />
                    <Field label="E-mail" name={`/people/${n}/email`} type="email" />
                    <Field label="Phone" name={`/people/${n}/phone`} type="tel" />
                    <Check label="Ask this person for the status of the application" name={`/people/${n}/is_status_contact`} />
                  </div>
                )}
              </Rows>
              <h2>What went well</h2>
              <Notes name="positives" legend="Went well" wording="How the letter can say it" example="I have indexed forty of my own titles." />
              <Check label="Nothing that the letter could repeat" name="/no_positives" />
              <h2>What needs a better answer</h2>
              <Notes name="concerns" legend="Concern" wording="Your answer, for the letter" example="For the spring list I coordinated eight freelancers." />
              <Check label="Nothing that needs a better answer" name="/no_concerns" />
              <h2>What was special about this conversation</h2>
              <Notes name="remarks" legend="Remark" wording="How the letter can say it" example="I keep thinking of the specimen book." />
              <h2>What comes next</h2>
              <Field label="The next stage" name="/next_stage" rows={2} value={interview.next_stage} />
              <Check label="They did not want to say" name="/next_stage_unknown" />
              <Moment label="You may call from" name="/contact_from" />
              <Moment label="You may call until" name="/contact_by" />
              <Moment label="They will contact you by" name="/hear_by" />
              <Check label="They did not want to say when" name="/timing_unknown" />
            </Form>
          </Page>
        );
      }}
    </Show>
  );
}

function Notes(props: { name: string; legend: string; wording: string; example: string }) {
  return (
    <Rows legend={props.legend} add="Another one">
      {(n) => (
        <>
          <Field label="In short" name={`/${props.name}/${n}/text`} rows={2} />
          <Field label={props.wording} name={`/${props.name}/${n}/wording`} rows={2} hint={`For example: ${props.example}`} />
        </>
      )}
    </Rows>
  );
}
