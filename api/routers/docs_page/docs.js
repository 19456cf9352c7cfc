"use strict";

// Schemes that the authorisation dialog does not offer: a script of a page cannot send a Cookie header.
const COOKIE_SCHEMES = ["cookie", "csrf"];
const note = document.getElementById("sign-in-note");
const theme = matchMedia("(prefers-color-scheme: dark)");
let csrfToken = null;

function useTheme() {
  document.documentElement.classList.toggle("dark-mode", theme.matches);
}

// Requests go to the server of this page, whatever address the document names: other hosts are not allowed here.
function forThisPage(text) {
  const api = JSON.parse(text);
  delete api.servers;
  delete api.info.summary;
  for (const name of COOKIE_SCHEMES) delete api.components.securitySchemes[name];
  for (const path of Object.values(api.paths)) {
    for (const operation of Object.values(path)) {
      if (!Array.isArray(operation.security)) continue;
      operation.security = operation.security.filter((one) => !COOKIE_SCHEMES.some((name) => name in one));
    }
  }
  return JSON.stringify(api);
}

function containing(phrase) {
  const words = phrase.toLowerCase().split(/\s+/).filter(Boolean);
  return (text) => words.every((word) => text.toLowerCase().includes(word));
}

// Keep the operations whose path, summary or name contains every word, and all operations of a tag that does.
function filterOperations(taggedOperations, phrase) {
  const has = containing(phrase);
  return taggedOperations
    .map((tag, name) => has(name) ? tag : tag.update("operations", (operations) => operations.filter((one) => has([
      name, one.get("method"), one.get("path"), one.getIn(["operation", "summary"]),
      one.getIn(["operation", "operationId"]),
    ].join(" ")))))
    .filter((tag) => tag.get("operations").size > 0);
}

function phraseOf(layoutSelectors) {
  const phrase = layoutSelectors.currentFilter();
  return typeof phrase === "string" ? phrase : "";
}

// The events whose name contains every word. The filter of the package does not look at them.
function foundEvents({ specSelectors, layoutSelectors }) {
  const has = containing(phraseOf(layoutSelectors));
  const events = Object.entries(specSelectors.selectWebhooksOperations() ?? {});
  return Object.fromEntries(events.filter(([name]) => has(`webhooks ${name}`)));
}

// A search field with a label, and a sentence if nothing is found. The filter of the package speaks of tags only.
function searchParts({ React: { createElement }, getStore }) {
  // Open the groups that are found, and close all when the field is emptied. The action itself would change the address.
  const search = (phrase, { layoutActions, specSelectors }) => {
    layoutActions.updateFilter(phrase);
    for (const name of specSelectors.taggedOperations().keys()) {
      getStore().dispatch({ type: "layout_show", payload: { thing: ["operations-tag", name], shown: phrase !== "" } });
    }
  };
  const Search = (props) =>
    createElement("label", { className: "docs-search" }, "Search the operations", createElement("input", {
      className: "operation-filter-input",
      type: "search",
      placeholder: "Words of the path, summary or name",
      value: phraseOf(props.layoutSelectors),
      onChange: (event) => search(event.target.value, props),
    }));
  const hasFound = (props) => props.specSelectors.taggedOperations().size > 0 || Object.keys(foundEvents(props)).length;
  const withSentence = (Operations) => (props) => hasFound(props)
    ? createElement(Operations, props)
    : createElement("p", { className: "docs-nothing", role: "status" }, "No operation contains all these words.");
  const filtered = (Webhooks) => (props) => {
    const specSelectors = { ...props.specSelectors, selectWebhooksOperations: () => foundEvents(props) };
    return createElement(Webhooks, { ...props, specSelectors });
  };
  return {
    components: { FilterContainer: Search },
    wrapComponents: { operations: withSentence, Webhooks: filtered },
    fn: { opsFilter: filterOperations },
  };
}

function say(text) {
  note.textContent = text;
}

// The token of a sign-in goes into the authorisation of this page and nowhere else.
function useSession(session) {
  csrfToken = session.csrf_token;
  if (session.token) {
    ui.preauthorizeApiKey("bearer", session.token);
    say("Signed in: the next requests send the token of this session. To stop this: Authorize, then Logout.");
  } else {
    say("Signed in with a cookie: the next requests send it. Authorize is not needed.");
  }
}

const forgetOnLogout = () => ({
  statePlugins: {
    auth: {
      wrapActions: {
        logout: (logout) => (names) => {
          csrfToken = null;
          say("");
          return logout(names);
        },
      },
    },
  },
});

function onResponse(response) {
  const url = new URL(response.url, location.href);
  if (url.pathname === "/openapi.json" && response.ok) {
    response.text = forThisPage(response.text);
  } else if (url.pathname === "/v1/sessions" && response.status === 201) {
    useSession(JSON.parse(response.text));
  }
  return response;
}

function onRequest(request) {
  const writes = !["GET", "HEAD"].includes((request.method || "GET").toUpperCase());
  if (csrfToken && writes && !("Authorization" in request.headers)) request.headers["X-CSRF-Token"] = csrfToken;
  return request;
}

theme.addEventListener("change", useTheme);
useTheme();
const ui = SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  defaultModelsExpandDepth: -1,
  displayRequestDuration: true,
  docExpansion: "none",
  filter: true,
  persistAuthorization: false,
  plugins: [searchParts, forgetOnLogout],
  requestInterceptor: onRequest,
  responseInterceptor: onResponse,
  syntaxHighlight: { theme: "tomorrow-night" },
  tryItOutEnabled: true,
  validatorUrl: null,
});
