"use strict";

// Schemes that the authorisation dialog does not offer: a script of a page cannot send a Cookie header.
const COOKIE_SCHEMES = ["cookie", "csrf"];
const note = document.getElementById("sign-in-note");
const theme = matchMedia("(prefers-color-scheme: dark)");
let csrfToken = null;

function useTheme() {
  document.documentElement.classList.toggle("dark-mode", theme.matches);
}

function withoutCookieSchemes(text) {
  const api = JSON.parse(text);
  for (const name of COOKIE_SCHEMES) delete api.components.securitySchemes[name];
  for (const path of Object.values(api.paths)) {
    for (const operation of Object.values(path)) {
      if (!Array.isArray(operation.security)) continue;
      operation.security = operation.security.filter((one) => !COOKIE_SCHEMES.some((name) => name in one));
    }
  }
  return JSON.stringify(api);
}

// Keep the operations whose path, summary or name contains every word, and all operations of a tag that does.
function filterOperations(taggedOperations, phrase) {
  const words = phrase.toLowerCase().split(/\s+/).filter(Boolean);
  const has = (text) => words.every((word) => text.toLowerCase().includes(word));
  return taggedOperations
    .map((tag, name) => has(name) ? tag : tag.update("operations", (operations) => operations.filter((one) => has([
      name, one.get("method"), one.get("path"), one.getIn(["operation", "summary"]),
      one.getIn(["operation", "operationId"]),
    ].join(" ")))))
    .filter((tag) => tag.get("operations").size > 0);
}

function say(text) {
  note.textContent = text;
}

// The token of a sign-in goes into the authorisation of this page and nowhere else.
function useSession(session) {
  csrfToken = session.csrf_token;
  if (session.token) {
    ui.preauthorizeApiKey("bearer", session.token);
    say("Signed in: the next requests send the token of this session. Authorize shows it and logs out.");
  } else {
    say("Signed in with a cookie: the next requests send it. Authorize is not needed.");
  }
}

function onResponse(response) {
  const url = new URL(response.url, location.href);
  if (url.pathname === "/openapi.json" && response.ok) {
    response.text = withoutCookieSchemes(response.text);
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
  plugins: [() => ({ fn: { opsFilter: filterOperations } })],
  requestInterceptor: onRequest,
  responseInterceptor: onResponse,
  tryItOutEnabled: true,
  validatorUrl: null,
});
