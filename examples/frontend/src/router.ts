// Addresses of pages: links stay links, and the address of the browser decides which page is shown.
import { useLayoutEffect, useState } from "preact/hooks";

const MOVED = "afterword:moved";

/** Open a page, with a message that it shows. */
export function go(path: string, message = "") {
  history.pushState({ message }, "", path);
  dispatchEvent(new Event(MOVED));
}

/** Show a message on this page. */
export function say(message: string) {
  history.replaceState({ message }, "");
  dispatchEvent(new Event(MOVED));
}

/** The address and the message of the page that is shown. Clicks on links to pages do not load the document again. */
export function useLocation(): { path: string; query: URLSearchParams; message: string } {
  const [, setCount] = useState(0);
  useLayoutEffect(() => {
    const changed = () => setCount((n) => n + 1);
    const clicked = (event: MouseEvent) => {
      const link = (event.target as Element).closest("a");
      const isOther = event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0;
      if (!link || isOther || link.target || link.origin !== location.origin || link.hash) return;
      event.preventDefault();
      go(link.pathname + link.search);
    };
    addEventListener("popstate", changed);
    addEventListener(MOVED, changed);
    document.addEventListener("click", clicked);
    return () => {
      removeEventListener("popstate", changed);
      removeEventListener(MOVED, changed);
      document.removeEventListener("click", clicked);
    };
  }, []);
  const { message } = (history.state ?? {}) as { message?: string };
  return { path: location.pathname, query: new URLSearchParams(location.search), message: message ?? "" };
}

/** The parameters of a path that fits a pattern such as /letters/:id. */
export function match(pattern: string, path: string): Record<string, string> | null {
  const names = pattern.split("/"), parts = path.split("/");
  if (names.length !== parts.length) return null;
  const found: Record<string, string> = {};
  for (const [n, name] of names.entries()) {
    if (name.startsWith(":")) found[name.slice(1)] = parts[n]!;
    else if (name !== parts[n]) return null;
  }
  return found;
}
