// A letter in three steps: compose a draft from the notes, edit it until the check is content, send it.
import { useState } from "preact/hooks";
import { api, label, options, type Schemas, time, useLoad } from "../api";
import { Check, Field, Form } from "../form";
import { go, say } from "../router";
import { Page, Show } from "../ui";

type Finding = Schemas["FindingPublic"];

export function Compose({ id }: { id: string }) {
  const path = { interview_id: id };
  const loaded = useLoad(async () => {
    const interview = await api.get("/v1/interviews/{interview_id}", { params: { path } });
    const params = { path: { application_id: interview.application_id }, query: { expand: "interviewers" } };
    return api.get("/v1/applications/{application_id}", { params });
  }, [id]);
  const submit = async (body: Schemas["ComposeLetter"]) => {
    const letter = await api.post("/v1/interviews/{interview_id}/letters/compose", { params: { path }, body });
    go(`/letters/${letter.id}`, `The draft is composed. ${letter.suggested_channel.reason}`);
  };
  return (
    <Show from={loaded}>
      {(application) => (
        <Page title="Compose a letter" over={<a href={`/applications/${application.id}`}>{application.company}</a>}>
          <p class="lead">The draft is made of your own words: the wording of your notes, and why you want this job.</p>
          <Form<Schemas["ComposeLetter"]> label="Compose the letter" submit={submit}>
            <Field label="Kind" name="/kind" required options={options("composed_kind")} value="thank_you" />
            <Field label="Tone" name="/tone" required options={options("tone")} value="formal" />
            <fieldset>
              <legend>To</legend>
              {application.interviewers?.filter((one) => one.interview_id === id).map((one, n) => (
                <Check key={one.contact_id} label={one.full_name ?? "A person without a name"} name={`/recipients/${n}`} value={one.contact_id} checked={!one.optional} />
              ))}
              <p class="hint">Without a choice, it is for all interviewers.</p>
            </fieldset>
          </Form>
        </Page>
      )}
    </Show>
  );
}

export function Letter({ id }: { id: string }) {
  const params = { path: { letter_id: id } };
  const loaded = useLoad(async () => {
    const [letter, check] = await Promise.all([
      api.get("/v1/letters/{letter_id}", { params }),
      api.get("/v1/letters/{letter_id}/check", { params }),
    ]);
    return { letter, check };
  }, [id]);
  return (
    <Show from={loaded}>
      {({ letter, check }) => (
        <Page title={label("letter_kind", letter.kind)} over={<a href={`/applications/${letter.application_id}`}>Application</a>}>
          <p class="lead">To {letter.recipients.map(({ name, title }) => [name, title].filter(Boolean).join(", ")).join("; ") || "all interviewers"}</p>
          {letter.sent_at ? <Sent letter={letter} /> : <Draft letter={letter} check={check} reload={loaded.reload} />}
        </Page>
      )}
    </Show>
  );
}

function Sent({ letter }: { letter: Schemas["LetterPublic"] }) {
  return (
    <>
      <p>Sent {time(letter.sent_at!)}{letter.channel && `, ${label("letter_channel", letter.channel).toLowerCase()}`}.</p>
      <article class="letter"><h2>{letter.subject}</h2><p>{letter.body}</p></article>
    </>
  );
}

function Draft({ letter, check, reload }: { letter: Schemas["LetterPublic"]; check: Schemas["LetterCheck"]; reload: () => void }) {
  const [etag, setEtag] = useState(letter.etag);
  const path = { letter_id: letter.id };
  const save = async (body: Schemas["LetterUpdate"]) => {
    const saved = await api.patch("/v1/letters/{letter_id}", { params: { path, header: { "If-Match": etag } }, body });
    setEtag(saved.etag);
    say("The letter is saved and checked.");
    reload();
  };
  const send = async (body: Schemas["LetterSend"]) => {
    await api.post("/v1/letters/{letter_id}/send", { params: { path }, body });
    go(`/applications/${letter.application_id}`, "The letter is recorded as sent.");
  };
  return (
    <div class="columns">
      <section aria-labelledby="text">
        <h2 id="text">1. Read and change</h2>
        <Form<Schemas["LetterUpdate"]> label="Save and check again" secondary empty={null} submit={save}>
          <Field label="Subject" name="/subject" value={letter.subject} />
          <Field label="Text" name="/body" rows={20} value={letter.body} />
        </Form>
      </section>
      <div class="aside">
        <section aria-labelledby="check"><h2 id="check">2. Check</h2><Findings found={check.findings} /></section>
        <section aria-labelledby="send">
          <h2 id="send">3. Send</h2>
          <p>Open it <a href={`/v1/letters/${letter.id}?format=eml`} download="letter.eml">in your mail program</a> or <a href={`/v1/letters/${letter.id}?format=html`} target="_blank">as a page to print<span class="hidden"> (opens a new page)</span></a>. After you have sent it, say so:</p>
          <Form<Schemas["LetterSend"]> label="I have sent it" submit={send}>
            <Field label="How" name="/channel" required options={options("letter_channel")} value={letter.channel ?? (check.may_be_emailed ? "email" : "post")} />
          </Form>
        </section>
      </div>
    </div>
  );
}

function Findings({ found }: { found: Finding[] }) {
  if (found.length === 0) return <p>Nothing to change.</p>;
  return (
    <ul class="list">
      {found.map((one) => (
        <li key={`${one.code} ${one.where}`}>
          <span class={`state ${one.severity}`}>{label("finding_severity", one.severity)}</span>
          <span>{one.detail}</span> <span class="soft">{one.fix}</span>
        </li>
      ))}
    </ul>
  );
}
