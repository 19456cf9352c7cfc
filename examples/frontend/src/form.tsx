// Forms whose fields are named by the JSON Pointer of the body, such as /people/0/email. So the body is built from the
// form without a list of fields, and each error of the API is shown at its field.
import { type ComponentChildren, createContext } from "preact";
import { useContext, useId, useRef, useState } from "preact/hooks";
import { ProblemError } from "./api";

const Errors = createContext<ReadonlyMap<string, string>>(new Map());
type Json = { [key: string]: Json | string | boolean | null };

/** Returns the body, and for each pointer in it the name of its field: entries of lists that are empty are left out. */
export function read(form: HTMLFormElement, empty?: null): { body: Json; names: Map<string, string> } {
  const body: Json = {}, names = new Map<string, string>(), places = new Map<string, string>();
  for (const [name, entry] of new FormData(form)) {
    const text = String(entry).trim();
    if (!name.startsWith("/") || (text === "" && empty === undefined)) continue;
    const keys = name.slice(1).split("/");
    let holder = body, pointer = "", original = "";
    for (const [n, key] of keys.entries()) {
      original += `/${key}`;
      const place: string = places.get(original) ?? (Array.isArray(holder) ? String(holder.length) : key);
      places.set(original, place);
      pointer += `/${place}`;
      if (n === keys.length - 1) holder[place] = text === "" ? null : text === "on" ? true : text;
      else holder = (holder[place] ??= (/^\d+$/.test(keys[n + 1]!) ? [] : {}) as Json) as Json;
    }
    names.set(pointer, name);
  }
  return { body, names };
}

/** `empty={null}` sends null for empty fields, so that a PATCH clears them; otherwise they are left out. */
export function Form<T>(props: {
  label: string; submit: (body: T) => Promise<unknown>; empty?: null; secondary?: boolean; children?: ComponentChildren;
}) {
  const [errors, setErrors] = useState(new Map<string, string>());
  const [summary, setSummary] = useState<string[]>([]);
  const [isBusy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (isBusy) return;
    const { body, names } = read(form.current!, props.empty);
    setBusy(true);
    setErrors(new Map());
    setSummary([]);
    try {
      await props.submit(body as T);
    } catch (error) {
      const found = new Map<string, string>();
      const others: string[] = [];
      for (const { pointer, detail } of error instanceof ProblemError ? error.errors : []) {
        const name = names.get(pointer ?? "") ?? pointer ?? "";
        if (form.current?.elements.namedItem(name)) found.set(name, detail);
        else others.push(detail);
      }
      setErrors(found);
      setSummary(found.size > 0 ? [`Please change ${found.size === 1 ? "one field" : `${found.size} fields`}.`, ...others]
        : [error instanceof Error ? error.message : String(error)]);
      setTimeout(() => form.current?.querySelector<HTMLElement>("[aria-invalid=true], [role=alert]")?.focus());
    }
    setBusy(false);
  };
  return (
    <form ref={form} onSubmit={submit} class="form">
      <Errors.Provider value={errors}>{props.children}</Errors.Provider>
      {summary.length > 0 && <p role="alert" tabIndex={-1} class="error">{summary.join(" ")}</p>}
      <p class="actions">
        <button type="submit" class={props.secondary ? "secondary" : ""} aria-disabled={isBusy}>{props.label}</button>
      </p>
    </form>
  );
}

type FieldProps = {
  label: string; name: string; hint?: string; required?: boolean; type?: string; rows?: number; value?: string | null;
  autoComplete?: string; options?: [string, string][]; minLength?: number;
};

/** An input; with `rows` a text area, with `options` a select, of which a field that is not required may be empty. */
export function Field({ label, hint, rows, options, value, ...rest }: FieldProps) {
  const id = useId(), error = useContext(Errors).get(rest.name);
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  const shared = { ...rest, id, "aria-invalid": Boolean(error), ...(described && { "aria-describedby": described }) };
  return (
    <div class="field">
      <label for={id}>{label}{rest.required && !options && <span class="required"> required</span>}</label>
      {hint && <p class="hint" id={`${id}-hint`}>{hint}</p>}
      {options ? (
        <select {...shared}>
          {!rest.required && <option value="">–</option>}
          {options.map(([key, text]) => <option key={key} value={key} selected={key === value}>{text}</option>)}
        </select>
      ) : rows ? <textarea {...shared} rows={rows} defaultValue={value ?? ""} />
        : <input {...shared} type={rest.type ?? "text"} defaultValue={value ?? ""} />}
      {error && <p class="error" id={`${id}-error`}>{error}</p>}
    </div>
  );
}

export function Check({ label, name, value, checked }: { label: string; name: string; value?: string; checked?: boolean }) {
  const error = useContext(Errors).get(name), id = useId();
  return (
    <div class="check">
      <input id={id} type="checkbox" name={name} {...(value && { value })} defaultChecked={checked ?? false} />
      <label for={id}>{label}</label>
      {error && <p class="error">{error}</p>}
    </div>
  );
}

/** A day and perhaps a time, as employers say it: {"date", "time"} in the zone of the application. */
export function Moment({ label, name, hint }: { label: string; name: string; hint?: string }) {
  return (
    <fieldset class="moment">
      <legend>{label}</legend>
      {hint && <p class="hint">{hint}</p>}
      <Field label="Day" name={`${name}/date`} type="date" />
      <Field label="Time" name={`${name}/time`} type="time" />
    </fieldset>
  );
}

/** Groups of fields that can be repeated. */
export function Rows({ legend, add, children }: { legend: string; add: string; children: (n: number) => ComponentChildren }) {
  const [count, setCount] = useState(1);
  const box = useRef<HTMLDivElement>(null);
  const more = () => {
    setCount(count + 1);
    setTimeout(() => box.current?.querySelector<HTMLElement>("fieldset:last-of-type input, fieldset:last-of-type textarea")?.focus());
  };
  return (
    <div ref={box} class="rows">
      {Array.from({ length: count }, (_, n) => (
        <fieldset key={n}><legend class={count > 1 ? "" : "hidden"}>{legend} {n + 1}</legend>{children(n)}</fieldset>
      ))}
      <button type="button" class="plain" onClick={more}>+ {add}</button>
    </div>
  );
}

/** The zones that the browser knows, and its own one. */
export const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;
export const zones = (own: string): [string, string][] =>
  [...new Set([own, ZONE, "UTC", ...Intl.supportedValuesOf("timeZone")])].sort().map((zone) => [zone, zone.replaceAll("_", " ")]);
