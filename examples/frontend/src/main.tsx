// The frame: header, routes, messages.
import { type JSX, render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { api, SIGNED_OUT, start } from "./api";
import { SignIn, SignUp } from "./pages/account";
import { Application } from "./pages/application";
import { Applications, NewApplication, NewInterview } from "./pages/applications";
import { Calendar } from "./pages/calendar";
import { Contact } from "./pages/contact";
import { Debrief } from "./pages/debrief";
import { Compose, Letter } from "./pages/letter";
import { Queue } from "./pages/queue";
import { Search } from "./pages/search";
import { Call, NewActivity, References } from "./pages/steps";
import { go, match, useLocation } from "./router";
import "./style.css";
import { Page } from "./ui";

type Params = Record<string, string>;
const ROUTES: [string, (params: Params, query: URLSearchParams) => JSX.Element][] = [
  ["/", () => <Queue />],
  ["/applications", () => <Applications />],
  ["/applications/new", () => <NewApplication />],
  ["/applications/:id", ({ id }) => <Application id={id!} />],
  ["/applications/:id/interviews/new", ({ id }) => <NewInterview id={id!} />],
  ["/applications/:id/contacts/new", ({ id }) => <Contact id={id!} />],
  ["/applications/:id/contacts/:contact", ({ id, contact }) => <Contact id={id!} contact={contact!} />],
  ["/applications/:id/references", ({ id }) => <References id={id!} />],
  ["/applications/:id/call", ({ id }) => <Call id={id!} />],
  ["/interviews/:id/debrief", ({ id }) => <Debrief id={id!} />],
  ["/interviews/:id/letter", ({ id }) => <Compose id={id!} />],
  ["/letters/:id", ({ id }) => <Letter id={id!} />],
  ["/search-activities/new", () => <NewActivity />],
  ["/search", (_, query) => <Search q={query.get("q") ?? ""} />],
  ["/calendar", () => <Calendar />],
];
const LINKS = [["/", "Queue"], ["/applications", "Applications"], ["/search", "Search"], ["/calendar", "Calendar"]] as const;

function App({ wasSignedIn }: { wasSignedIn: boolean }) {
  const [isSignedIn, setSignedIn] = useState(wasSignedIn);
  const { path, query, message } = useLocation();
  useEffect(() => {
    const ended = () => setSignedIn(false);
    addEventListener(SIGNED_OUT, ended);
    return () => removeEventListener(SIGNED_OUT, ended);
  }, []);
  const enter = () => {
    setSignedIn(true);
    if (path.startsWith("/sign-")) go("/");
  };
  const leave = async () => {
    await api.signOut();
    setSignedIn(false);
    go("/sign-in", "You are signed out.");
  };
  return (
    <>
      <a class="skip" href="#main">Skip to the content</a>
      <header>
        <div class="bar">
          <a class="brand" href="/">Afterword</a>
          {isSignedIn && (
            <>
              <nav aria-label="Pages">
                {LINKS.map(([to, text]) => <a key={to} href={to} aria-current={path === to ? "page" : undefined}>{text}</a>)}
              </nav>
              <button type="button" class="plain" onClick={leave}>Sign out</button>
            </>
          )}
        </div>
      </header>
      <main id="main" tabIndex={-1}>
        <p role="status" class={message ? "message" : "hidden"}>{message}</p>
        {isSignedIn ? <Routed key={path} path={path} query={query} /> : path === "/sign-up" ? <SignUp done={enter} /> : <SignIn done={enter} />}
      </main>
    </>
  );
}

function Routed({ path, query }: { path: string; query: URLSearchParams }) {
  for (const [pattern, page] of ROUTES) {
    const params = match(pattern, path);
    if (params) return page(params, query);
  }
  return <Page title="There is no such page"><p><a href="/">Go to the queue</a></p></Page>;
}

const root = document.getElementById("app")!;
start().then(
  (isSignedIn) => render(<App wasSignedIn={isSignedIn} />, root),
  () => render(<p class="error" role="alert">The API does not answer. Start it, then load this page again.</p>, root),
);
