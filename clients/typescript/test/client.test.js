// Tests of the packed client against the server at AFTERWORD_URL, which has no account yet.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { Afterword, ProblemError } from "afterword-client";

const baseUrl = process.env.AFTERWORD_URL;
const EMAIL = "kim@example.com";
const PASSWORD = "correct horse battery";
const USER = { email: EMAIL, password: PASSWORD, full_name: "Kim Lee", time_zone: "Asia/Tokyo" };

/** Return a client, and a list of its requests; the first requests get the responses that are given. */
function recorded(options = {}, ...first) {
  const sent = [];
  const answer = async (request) => {
    sent.push(request);
    const response = await first.shift()?.(request);
    return response ?? fetch(request);
  };
  return { api: new Afterword({ baseUrl, fetch: answer, ...options }), sent };
}
const busy = (status, after) => () => new Response(null, { status, headers: after ? { "Retry-After": after } : {} });
const lost = async (request) => {
  await fetch(request.clone());
  throw new TypeError("The connection was closed before the response came.");
};
const rejection = (promise) => promise.then(() => assert.fail("no error"), (error) => error);
const keys = (sent) => new Set(sent.map((request) => request.headers.get("Idempotency-Key")));
const all = async (items) => { const found = []; for await (const one of items) found.push(one); return found; };

let token;
before(async () => {
  const api = new Afterword({ baseUrl });
  await api.post("/v1/users", { body: USER });
  ({ token } = await api.signIn(EMAIL, PASSWORD));
});

test("a token signs in and out", async () => {
  const { api } = recorded();
  await api.signIn(EMAIL, PASSWORD);
  assert.equal((await api.get("/v1/me")).full_name, "Kim Lee");
  await api.signOut();
  const error = await rejection(api.get("/v1/me"));
  assert.deepEqual([error.status, error.code], [401, "unauthorized"]);
});

test("a cookie signs in, is taken up after a reload, and writes with the CSRF token", async () => {
  let cookie = "";
  const browser = async (request) => {
    request.headers.set("Origin", baseUrl);
    if (cookie) request.headers.set("Cookie", cookie);
    const response = await fetch(request);
    cookie = response.headers.get("Set-Cookie")?.split(";")[0] ?? cookie;
    return response;
  };
  const page = () => new Afterword({ baseUrl, cookie: true, fetch: browser });
  assert.equal((await page().signIn(EMAIL, PASSWORD)).token, null);
  const reloaded = page();
  const body = { company: "Cookie", role: "Baker" };
  assert.equal((await rejection(reloaded.post("/v1/applications", { body }))).code, "csrf");
  await reloaded.resume();
  assert.equal((await reloaded.post("/v1/applications", { body })).company, "Cookie");
  await reloaded.signOut();
  assert.equal((await rejection(page().resume())).status, 401);
});

test("a write is repeated with one key after 503, 429 and a lost response, and has one effect", async () => {
  const { api, sent } = recorded({ token }, busy(503, "0"), busy(429, "0"), lost);
  const made = await api.post("/v1/applications", { body: { company: "Once", role: "Editor" } });
  assert.deepEqual([sent.length, keys(sent).size, keys(sent).has(null)], [4, 1, false]);
  const found = await all(api.items("/v1/applications", { params: { query: { company: "Once" } } }));
  assert.deepEqual(found.map((one) => one.id), [made.id]);
});

test("Retry-After is obeyed, and an error if it is longer than maxWait", async () => {
  const began = performance.now();
  const { api, sent } = recorded({ token, maxWait: 2 }, busy(429, "1"), busy(429, "3"));
  assert.equal((await rejection(api.get("/v1/me"))).status, 429);
  assert.ok(performance.now() - began >= 1000);
  assert.equal(sent.length, 2);
});

test("what might have two effects is not repeated", async () => {
  const unkeyed = recorded({ token }, busy(503, "0"));
  assert.equal((await rejection(unkeyed.api.post("/v1/tokens", { body: { name: "Bot", scopes: ["read"] } }))).status, 503);
  assert.deepEqual([unkeyed.sent.length, keys(unkeyed.sent).has(null)], [1, true]);
  const versioned = recorded({ token }, lost);
  const { etag } = await new Afterword({ baseUrl, token }).get("/v1/me");
  const change = { params: { header: { "If-Match": etag } }, body: { full_name: "Kim B. Lee" } };
  assert.ok((await rejection(versioned.api.patch("/v1/me", change))) instanceof TypeError);
  assert.equal(versioned.sent.length, 1);
});

test("a deletion that is repeated is done", async () => {
  const { api } = recorded({ token }, null, lost);
  const { id } = await api.post("/v1/search-activities", { body: { kind: "networking" } });
  const params = { path: { search_activity_id: id } };
  assert.equal(await api.delete("/v1/search-activities/{search_activity_id}", { params }), undefined);
  assert.equal((await rejection(api.delete("/v1/search-activities/{search_activity_id}", { params }))).code, "not_found");
});

test("an iterator reads all pages, each item once", async () => {
  const { api, sent } = recorded({ token });
  for (let n = 0; n < 5; n++) await api.post("/v1/applications", { body: { company: `Pages ${n}`, role: "Editor" } });
  sent.length = 0;
  const query = { company: "Pages", limit: 2, sort: "company" };
  const found = await all(api.items("/v1/applications", { params: { query } }));
  assert.deepEqual(found.map((one) => one.company), ["Pages 0", "Pages 1", "Pages 2", "Pages 3", "Pages 4"]);
  assert.equal(sent.length, 3);
});

test("a problem is an exception with its fields", async () => {
  const { api } = recorded({ token });
  const error = await rejection(api.post("/v1/applications", { body: { company: " ", role: "Editor" } }));
  assert.ok(error instanceof ProblemError);
  assert.deepEqual([error.status, error.code, error.errors[0].code], [422, "invalid", "string_too_short"]);
  assert.deepEqual([error.field("/company"), error.field("/role")], [error.errors[0].detail, undefined]);
  const proxy = recorded({ token }, () => new Response("<html>", { status: 502, statusText: "Bad Gateway" }));
  const strange = await rejection(proxy.api.get("/v1/me"));
  assert.deepEqual([strange.code, strange.message, strange.errors], ["unknown", "502 Bad Gateway", []]);
});

test("a response that is known is not sent again (304) until it changes", async () => {
  const statuses = [];
  const listening = async (request) => {
    const response = await fetch(request);
    statuses.push(response.status);
    return response;
  };
  const api = new Afterword({ baseUrl, token, fetch: listening });
  const first = await api.get("/v1/me");
  assert.deepEqual(await api.get("/v1/me"), first);
  await api.patch("/v1/me", { body: { full_name: "Kim C. Lee" } });
  assert.equal((await api.get("/v1/me")).full_name, "Kim C. Lee");
  assert.deepEqual(statuses, [200, 304, 200, 200]);
});
