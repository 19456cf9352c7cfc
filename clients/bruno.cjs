// Write the Bruno collection: `node clients/bruno.cjs FOLDER`. Its requests are made from the OpenAPI document by Bruno's
// own converter, without the examples of responses; the folder `seven-steps` has those of seven_steps.json in their order.
const { mkdirSync, readFileSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");

const packages = join(__dirname, "..", ".node", "node_modules", "@usebruno");
const { openApiToBruno } = require(join(packages, "converters"));
const { stringifyCollection, stringifyEnvironment, stringifyFolder, stringifyRequest } = require(join(packages, "filestore"));

const bru = { format: "bru" };
const read = (...path) => JSON.parse(readFileSync(join(__dirname, ...path), "utf-8"));
const fileName = (name) => `${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}.bru`;
const document = read("..", "openapi", "openapi.json");
const REPORT = "#/components/responses/WriteReport"; // the second form of the responses of writes
const operations = new Map();
for (const [path, methods] of Object.entries(document.paths))
  for (const [method, operation] of Object.entries(methods))
    if (operation.operationId) operations.set(operation.operationId, { ...operation, method, path });

function write(folder, name, text) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), `${text.trimEnd()}\n`);
}

/** Return the status of an operation without parameters. */
function usual(responses) {
  return Object.keys(responses).find((status) => responses[status].$ref !== REPORT);
}

/** Return the request of one step: the converter's, with ids, body, and what is kept and expected. */
function step(items, { operation, name, body, query = {}, before, keep = {}, expect = {}, status }, index) {
  const { summary, responses } = operations.get(operation);
  const request = structuredClone(items.find((item) => item.name === summary).request);
  const params = request.params.filter((one) => one.type === "path" || one.name in query).map((one) => (
    { ...one, enabled: true, value: one.type === "path" ? `{{${one.name}}}` : query[one.name] }));
  const asserted = { "res.status": `eq ${status ?? usual(responses)}`, ...expect };
  const url = request.url.split("?")[0] + (Object.keys(query).length ? `?${new URLSearchParams(query)}` : "");
  return {
    type: "http-request", name, seq: index + 1,
    request: {
      ...request, url, params, headers: [],
      body: body ? { ...request.body, mode: "json", json: JSON.stringify(body, null, 2) } : { mode: "none" },
      vars: { req: [], res: Object.entries(keep).map(([key, value]) => ({ name: key, value, enabled: true })) },
      assertions: Object.entries(asserted).map(([key, value]) => ({ name: key, value, enabled: true })),
      script: { req: before ?? null, res: null },
    },
  };
}

function main(folder) {
  const { items: tags, root } = openApiToBruno(document);
  const steps = read("seven_steps.json").map((one, index) => step(tags.flatMap((tag) => tag.items), one, index));
  const folders = [{ name: "seven-steps", items: steps }, ...tags];
  write(folder, "bruno.json", JSON.stringify({ version: "1", name: document.info.title, type: "collection" }, null, 2));
  write(folder, "collection.bru", stringifyCollection(root, { name: document.info.title }, bru));
  const variables = [{ name: "baseUrl", value: "http://localhost:8000", enabled: true, secret: false }];
  write(join(folder, "environments"), "local.bru", stringifyEnvironment({ name: "local", variables }, bru));
  folders.forEach(({ name, items }, index) => {
    write(join(folder, name), "folder.bru", stringifyFolder({ meta: { name, seq: index + 1 } }, bru));
    for (const { examples, ...item } of items) {
      const prefix = name === "seven-steps" ? `${String(item.seq).padStart(2, "0")} ` : "";
      write(join(folder, name), fileName(prefix + item.name), stringifyRequest(item, bru));
    }
  });
}

main(process.argv[2]);
