// A contact of an application: add one, or complete one. An ETag in If-Match refuses to overwrite somebody's change.
import { api, options, type Schemas, useLoad } from "../api";
import { Check, Field, Form } from "../form";
import { go } from "../router";
import { Page, Show } from "../ui";

type Body = Schemas["ContactUpdate"] & { is_status_contact?: boolean };

export function Contact({ id, contact }: { id: string; contact?: string }) {
  const path = { application_id: id };
  const loaded = useLoad(async () => {
    const application = await api.get("/v1/applications/{application_id}", { params: { path } });
    const known = contact ? await api.get("/v1/contacts/{contact_id}", { params: { path: { contact_id: contact } } }) : null;
    return { application, known };
  }, [id, contact]);
  const submit = async ({ is_status_contact, ...body }: Body, known: Schemas["ContactPublic"] | null) => {
    const saved = known
      ? await api.patch("/v1/contacts/{contact_id}", { params: { path: { contact_id: known.id }, header: { "If-Match": known.etag } }, body })
      : await api.post("/v1/contacts", { body });
    if (!known) {
      const params = { path: { ...path, contact_id: saved.id } };
      await api.put("/v1/applications/{application_id}/contacts/{contact_id}", { params, body: { role: saved.role } });
    }
    if (is_status_contact) await api.patch("/v1/applications/{application_id}", { params: { path }, body: { status_contact_id: saved.id } });
    go(`/applications/${id}`, "The contact is recorded.");
  };
  return (
    <Show from={loaded}>
      {({ application, known }) => (
        <Page title={known ? known.full_name ?? "Contact" : "Add a contact"} over={<a href={`/applications/${id}`}>{application.company}</a>}>
          <Form<Body> label="Save the contact" empty={null} submit={(body) => submit(body, known)}>
            <Field label="Name" name="/full_name" value={known?.full_name ?? null} hint="As they spell it." />
            <Field label="How to address them" name="/honorific" value={known?.honorific ?? null} hint="Such as Ms, Mr or Dr." />
            <Field label="Job title" name="/job_title" value={known?.job_title ?? null} />
            <Field label="E-mail" name="/email" type="email" value={known?.email ?? null} />
            <Field label="Phone" name="/phone" type="tel" value={known?.phone ?? null} />
            <Field label="Role" name="/role" options={options("contact_role")} value={known?.role ?? null} />
            <Check label="You have compared the name with a card or a signature" name="/name_verified" checked={known?.name_verified ?? false} />
            {application.status_contact_id !== (known?.id ?? "") && <Check label="Ask this person for the status of the application" name="/is_status_contact" />}
          </Form>
        </Page>
      )}
    </Show>
  );
}
