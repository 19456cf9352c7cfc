import createClient, { type MaybeOptionalInit, type ParseAsResponse } from "openapi-fetch";
import type { PathsWithMethod, ResponseObjectMap, SuccessResponse } from "openapi-typescript-helpers";
import { WITHOUT_IDEMPOTENCY_KEY } from "./generated/posts.js";
import type { components, paths } from "./generated/schema.js";
import { type Cache, sender, type Sending } from "./send.js";

export type Schemas = components["schemas"];
type Method = "get" | "post" | "put" | "patch" | "delete";
type Init<P extends keyof paths, M extends Method> = MaybeOptionalInit<paths[P], M>;
/** The body of a successful response; undefined for 204. */
export type Body<P extends keyof paths, M extends Method, I = unknown> =
  ParseAsResponse<SuccessResponse<ResponseObjectMap<paths[P][M]> & object, "application/json">, I>;
type Call<M extends Method> = <P extends PathsWithMethod<paths, M>, I extends Init<P, M>>(
  path: P, ...init: undefined extends I ? [I?] : [I]) => Promise<Body<P, M, I>>;
type Items = { [P in PathsWithMethod<paths, "get">]: Body<P, "get"> extends { items: (infer T)[] } ? T : never };
type ListPath = { [P in keyof Items]: Items[P] extends never ? never : P }[keyof Items];

/** A response of 400 or more. One without a problem document, as from a proxy, has the code "unknown". */
export class ProblemError extends Error {
  constructor(readonly response: Response, readonly problem: Partial<Schemas["ProblemDocument"]>) {
    super(problem.detail ?? `${response.status} ${response.statusText}`);
  }
  get status() { return this.response.status; }
  get code() { return this.problem.code ?? "unknown"; }
  get errors() { return this.problem.errors ?? []; }
  /** The text for one field of a form, by its JSON Pointer such as "/company". */
  field(pointer: string) { return this.errors.find((error) => error.pointer === pointer)?.detail; }
}

/** `cookie`: signIn sets a cookie that scripts cannot read, for pages of the same site; otherwise it keeps a token. */
export type Options = Sending & { baseUrl: string; token?: string; cookie?: boolean };
type Session = { token?: string | null; csrf_token?: string | null };

/** Calls resolve to the body of the response, and reject with a ProblemError. */
export class Afterword {
  /** The client of openapi-fetch, for the headers of a response. */
  readonly client;
  #call = <M extends Method>(method: M) =>
    (async (path: never, init: never) => (await this.client.request(method, path, init)).data) as Call<M>;
  readonly get = this.#call("get");
  readonly post = this.#call("post");
  readonly put = this.#call("put");
  readonly patch = this.#call("patch");
  readonly delete = this.#call("delete");
  readonly #cache: Cache = new Map();
  #session: Session;

  constructor(private readonly options: Options) {
    this.#session = { token: options.token ?? null };
    const init = { baseUrl: options.baseUrl, credentials: options.cookie ? "include" : "same-origin" } as const;
    this.client = createClient<paths, "application/json">({ ...init, fetch: sender(this.#cache, options) });
    this.client.use({
      onRequest: ({ request: { method, headers }, schemaPath }) => {
        const { token, csrf_token } = this.#session;
        if (token) headers.set("Authorization", `Bearer ${token}`);
        if (csrf_token && method !== "GET") headers.set("X-CSRF-Token", csrf_token);
        if (method === "POST" && !WITHOUT_IDEMPOTENCY_KEY.has(schemaPath) && !headers.has("Idempotency-Key"))
          headers.set("Idempotency-Key", crypto.getRandomValues(new Uint32Array(4)).join("-"));
      },
      onResponse: async ({ response }) => {
        if (!response.ok) throw new ProblemError(response, await response.clone().json().catch(() => ({})));
      },
    });
  }

  async signIn(email: string, password: string) {
    const body = { email, password, cookie: this.options.cookie ?? false };
    return this.#enter(await this.post("/v1/sessions", { body }));
  }
  /** After a reload of the page: go on with the session of the cookie. Rejects with 401 if there is none. */
  async resume() { return this.#enter({ ...this.#session, ...(await this.get("/v1/sessions/current")) }); }
  async signOut() { this.#enter((await this.delete("/v1/sessions/current")) ?? {}); }
  #enter<T extends Session>(session: T): T {
    this.#cache.clear();
    return (this.#session = session) as T;
  }
  /** Iterate over the items of all pages of a list. */
  async *items<P extends ListPath>(path: P, init?: Init<P, "get">): AsyncGenerator<Items[P], void, void> {
    const query: Record<string, unknown> = { ...init?.params?.query };
    do {
      const page: any = await this.#call("get")(path, { ...init, params: { ...init?.params, query } } as never);
      yield* page.items;
      query.cursor = page.next_cursor;
    } while (query.cursor);
  }
}
