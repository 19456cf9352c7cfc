// The client of the API, the session, the labels of the API's values, and a hook that loads data.
import { Afterword, ProblemError, type Schemas } from "afterword-client";
import { useEffect, useState } from "preact/hooks";

export { ProblemError, type Schemas };
export const api = new Afterword({ baseUrl: location.origin, cookie: true });

/** Dispatched when the API no longer knows the session. */
export const SIGNED_OUT = "afterword:signed-out";
api.client.use({
  onResponse({ response }) {
    if (response.status === 401) dispatchEvent(new Event(SIGNED_OUT));
  },
});

let labels: Record<string, Record<string, string>> = {};

/** Load what every page needs. Returns whether the cookie of an earlier visit still holds. */
export async function start(): Promise<boolean> {
  const [meta, isSignedIn] = await Promise.all([
    api.get("/v1/meta"),
    api.resume().then(() => true, (error) => {
      if (error instanceof ProblemError && error.status === 401) return false;
      throw error;
    }),
  ]);
  labels = meta.labels;
  return isSignedIn;
}

/** The word for a value, such as "Done late" for the state done_late. The API has them all. */
export const label = (group: string, value: string) => labels[group]?.[value] ?? value;
/** The options of a select, from the same labels. */
export const options = (group: string) => Object.entries(labels[group] ?? {});

export type Loaded<T> = { data?: T; error?: unknown; reload: () => void };

/** Load data again when one of the keys changes; what was loaded stays until then. */
export function useLoad<T>(load: () => Promise<T>, keys: unknown[]): Loaded<T> {
  const [state, setState] = useState<{ data?: T; error?: unknown }>({});
  const [round, setRound] = useState(0);
  useEffect(() => {
    let isCurrent = true;
    load().then(
      (data) => isCurrent && setState({ data }),
      (error: unknown) => isCurrent && setState({ error }),
    );
    return () => { isCurrent = false; };
  }, [...keys, round]);
  return { ...state, reload: () => setRound((n) => n + 1) };
}

const at = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
/** An instant in the reader's own zone. Deadlines come as `due_text` instead, in the employer's zone. */
export const time = (instant: string) => at.format(new Date(instant));
const wall = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" });
/** A local time such as 2026-03-02T10:00, which stays as it is: its zone stands beside it. */
export const local = (text: string) => wall.format(new Date(`${text}Z`));
