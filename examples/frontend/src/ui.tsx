// Parts that several pages use.
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { label, type Loaded, type Schemas } from "./api";

let isFirst = true;

/** A page. After a change of the route its heading gets the focus, so that screen readers read it and Tab goes on there. */
export function Page({ title, over, children }: { title: string; over?: ComponentChildren; children: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useLayoutEffect(() => {
    if (!isFirst) heading.current?.focus();
    isFirst = false;
    scrollTo(0, 0);
  }, []);
  useEffect(() => { document.title = `${title} – Afterword`; }, [title]);
  return (
    <>
      {over && <p class="over">{over}</p>}
      <h1 ref={heading} tabIndex={-1}>{title}</h1>
      {children}
    </>
  );
}

/** What was loaded, or why it was not. */
export function Show<T>({ from, children }: { from: Loaded<T>; children: (data: T) => ComponentChildren }) {
  if (from.error) {
    const text = from.error instanceof Error ? from.error.message : String(from.error);
    return <Page title="This page could not be loaded"><p class="error" role="alert">{text}</p></Page>;
  }
  return from.data === undefined ? <p class="soft" aria-busy="true">Loading …</p> : <>{children(from.data)}</>;
}

export const State = ({ value }: { value: string }) => <span class={`state ${value}`}>{label("state", value)}</span>;

/** A button for what needs no form; an error is shown as the message of the page. */
export function Button({ text, act, say }: { text: string; act: () => Promise<unknown>; say: (text: string) => void }) {
  const run = () => act().catch((error: unknown) => say(error instanceof Error ? error.message : String(error)));
  return <button type="button" class="secondary" onClick={run}>{text}</button>;
}

type Hint = Schemas["HintPublic"];
type Place = { application: string; scope?: string | null };

/** The page on which one does what a hint says, by its `action`. */
function pageOf({ action, href, subject }: Hint, { application, scope }: Place): string | null {
  const id = (noun: string) => new RegExp(`/${noun}/([0-9a-f-]{36})`).exec(href ?? "")?.[1];
  const interview = id("interviews") ?? (scope?.startsWith("interview:") ? scope.slice(10) : undefined);
  const home = `/applications/${application}`;
  switch (action) {
    case "create_interview": return `${home}/interviews/new`;
    case "record_next_stage": case "record_contact_time": case "link_interviewer": case "write_positive":
    case "write_concern": case "debrief_at_once": case "ask_for_your_date": case "ask_hr":
      return interview ? `/interviews/${interview}/debrief` : home;
    case "complete_contact": return subject ? `${home}/contacts/${subject.id}` : `${home}/contacts/new`;
    case "choose_status_contact": case "choose_contact": return `${home}/contacts/new`;
    case "draft_letter": return interview ? `/interviews/${interview}/letter` : home;
    case "review_letter": case "mark_sent": case "check_letter": return id("letters") ? `/letters/${id("letters")}` : home;
    case "link_reference": case "alert_reference": case "brief_reference": return `${home}/references`;
    case "call": case "write_instead": case "record_answer": case "competing_offer": return `${home}/call`;
    case "log_search": return "/search-activities/new";
    case "add_application": return "/applications/new";
    default: return null;
  }
}

/** What to do next: the text of the API, and a link to the page for it. Cards of the API open as pages to print. */
export function Next({ hint, ...place }: { hint: Hint } & Place) {
  const page = pageOf(hint, place);
  const text = label("hint", hint.action);
  return (
    <div class="next">
      <p>{hint.text}</p>
      {page ? <a class="button" href={page}>{text}</a>
        : hint.method === "GET" && hint.href && <a class="button" href={`${hint.href}?format=html`} target="_blank">{text}<span class="hidden"> (opens a new page)</span></a>}
    </div>
  );
}
