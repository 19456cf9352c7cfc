// Sign-up and sign-in. The session is a cookie that scripts cannot read; the client sends the CSRF token by itself.
import { api, type Schemas } from "../api";
import { Field, Form, ZONE, zones } from "../form";
import { Page } from "../ui";

const DEMO = import.meta.env.VITE_DEMO ? { email: "demo@example.com", password: "a demo pass phrase" } : null;
type Done = { done: () => void };

export function SignIn({ done }: Done) {
  return (
    <Page title="Sign in">
      {DEMO && <p class="soft">The demo account is filled in. Its data is deleted when the demo ends.</p>}
      <Form<Schemas["SessionCreate"]> label="Sign in" submit={async ({ email, password }) => { await api.signIn(email, password); done(); }}>
        <Field label="E-mail" name="/email" type="email" required autoComplete="username" value={DEMO?.email ?? ""} />
        <Field label="Password" name="/password" type="password" required autoComplete="current-password" value={DEMO?.password ?? ""} />
      </Form>
      <p class="soft">No account yet? <a href="/sign-up">Sign up</a></p>
    </Page>
  );
}

export function SignUp({ done }: Done) {
  const submit = async (body: Schemas["UserCreate"]) => {
    await api.post("/v1/users", { body });
    await api.signIn(body.email, body.password);
    done();
  };
  return (
    <Page title="Sign up">
      <Form<Schemas["UserCreate"]> label="Sign up" submit={submit}>
        <Field label="Your name" name="/full_name" required autoComplete="name" hint="As you sign letters." />
        <Field label="E-mail" name="/email" type="email" required autoComplete="username" />
        <Field label="Password" name="/password" type="password" required autoComplete="new-password" minLength={12} hint="At least 12 characters." />
        <Field label="Time zone" name="/time_zone" required options={zones(ZONE)} value={ZONE} />
      </Form>
      <p class="soft">You have an account? <a href="/sign-in">Sign in</a></p>
    </Page>
  );
}
