// Compiled, never run: what the compiler accepts, and what it refuses.
import { Afterword, type ProblemError, type Schemas } from "afterword-client";

export async function types(api: Afterword, error: ProblemError, params: { path: { application_id: string } }) {
  const made: Schemas["ApplicationPublic"] = await api.post("/v1/applications", { body: { company: "A", role: "B" } });
  const deleted: Schemas["DeletionPreview"] | undefined = await api.delete("/v1/applications/{application_id}", { params });
  for await (const one of api.items("/v1/queue", { params: { query: { sort: "urgency" } } })) one.application.company;
  const pointer: string | undefined = error.errors[0]?.pointer;
  // @ts-expect-error: the path has a parameter.
  await api.get("/v1/applications/{application_id}");
  // @ts-expect-error: there is no such stage.
  await api.post("/v1/applications", { body: { company: "A", role: "B", stage: "nearly" } });
  // @ts-expect-error: there is no such field.
  (await api.get("/v1/queue")).nothing;
  // @ts-expect-error: this is no list.
  api.items("/v1/me");
  // @ts-expect-error: there is no such code.
  if (error.code === "nothing") return undefined;
  return { made, deleted, pointer };
}
