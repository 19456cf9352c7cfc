// Search in all texts. The question is in the address, so that Back works; pieces that fit come marked from the API.
import { api, label, type Schemas, useLoad } from "../api";
import { go } from "../router";
import { Page } from "../ui";

type Item = Schemas["SearchItem"];
const NONE: Item[] = [];

export function Search({ q }: { q: string }) {
  const found = useLoad(async () => q ? (await api.get("/v1/search", { params: { query: { q, limit: 50 } } })).items : NONE, [q]);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const text = new FormData(event.currentTarget as HTMLFormElement).get("q");
    go(`/search?q=${encodeURIComponent(String(text))}`);
  };
  return (
    <Page title="Search">
      <form role="search" class="inline" onSubmit={submit}>
        <label for="q">All words, in any text</label>
        <input id="q" name="q" type="search" defaultValue={q} required maxLength={200} />
        <button type="submit">Search</button>
      </form>
      {found.error ? <p class="error" role="alert">{String((found.error as Error).message)}</p> : (
        <>
          <p role="status" class="soft">{q && found.data && (found.data.length === 0 ? `Nothing found for “${q}”.` : `Found ${found.data.length} for “${q}”:`)}</p>
          <ul class="list">{found.data?.map((item) => <Found key={item.id} item={item} />)}</ul>
        </>
      )}
    </Page>
  );
}

function Found({ item }: { item: Item }) {
  const page = item.type === "letter" ? `/letters/${item.id}` : item.application_id && `/applications/${item.application_id}`;
  return (
    <li>
      <span class="soft">{label("search_type", item.type)}</span>
      {page ? <a href={page}>{item.title}</a> : <strong>{item.title}</strong>}
      {item.snippets.map((snippet) => (
        <span key={snippet.field}>{snippet.parts.map((part, n) => part.hit ? <mark key={n}>{part.text}</mark> : part.text)}</span>
      ))}
    </li>
  );
}
