/**
 * retries: how often a request is sent again after 429, 503 or a network error, where that is safe (default 3).
 * maxWait: the longest Retry-After that is waited for, in seconds (default 60). If it is longer, the error is thrown.
 */
export type Sending = { retries?: number; maxWait?: number; fetch?: (request: Request) => Promise<Response> };
export type Cache = Map<string, { etag: string; body: Blob; headers: Headers }>;

/** Return a fetch that sends requests again where that is safe, and If-None-Match for responses that the cache has. */
export function sender(cache: Cache, { retries = 3, maxWait = 60, fetch = (it) => globalThis.fetch(it) }: Sending) {
  return async (request: Request): Promise<Response> => {
    const { method, headers, signal } = request;
    const key = `${headers.get("Accept")} ${request.url}`;
    const cached = method === "GET" && !headers.has("If-None-Match") ? cache.get(key) : undefined;
    if (cached) headers.set("If-None-Match", cached.etag);
    // After 503 or a network error a write may have been stored. Only what then has the same effect is sent again.
    const repeatable = headers.has("Idempotency-Key") || (method !== "POST" && !headers.has("If-Match"));
    for (let attempt = 0; ; attempt++) {
      const response = await fetch(request.clone()).catch((error: unknown) => {
        if (attempt >= retries || !repeatable || signal.aborted) throw error;
      });
      const seconds = Number(response?.headers.get("Retry-After") ?? 2 ** attempt * (0.2 + Math.random() / 5));
      const refused = response?.status === 429 || (response?.status === 503 && repeatable);
      if (!response || (refused && attempt < retries && seconds <= maxWait))
        await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
      else if (response.status === 304 && cached) return new Response(cached.body, { headers: cached.headers });
      // What is gone when a DELETE is sent again was deleted by the first one.
      else if (response.status === 404 && method === "DELETE" && attempt > 0) return new Response(null, { status: 204 });
      else {
        const etag = method === "GET" && response.ok && response.headers.get("ETag");
        if (etag) cache.set(key, { etag, body: await response.clone().blob(), headers: response.headers });
        if (cache.size > 100) cache.delete(cache.keys().next().value!);
        return response;
      }
    }
  };
}
