// Starts `afterword mcp` by the official TypeScript client, uses each method once, and prints what was answered.
// Arguments: the folder of the package, the generation of the protocol (auto or legacy), then the command to start.
const [folder, mode, command, ...args] = process.argv.slice(2);
const { Client } = await import(`${folder}/dist/index.mjs`);
const { StdioClientTransport } = await import(`${folder}/dist/stdio.mjs`);
const { AFTERWORD_TOKEN, PYTHONPATH, PATH } = process.env;
const transport = new StdioClientTransport({ command, args, env: { AFTERWORD_TOKEN, PYTHONPATH, PATH } });
const client = new Client({ name: "tests", version: "1" }, { versionNegotiation: { mode } });
await client.connect(transport);
const { tools } = await client.listTools();
const { prompts } = await client.listPrompts();
const { resources } = await client.listResources();
const due = await client.callTool({ name: "due", arguments: {} });
const wrong = await client.callTool({ name: "due", arguments: { limt: 3 } });
const guide = await client.readResource({ uri: "afterword://guide" });
console.log(
  JSON.stringify({
    version: client.getNegotiatedProtocolVersion(),
    instructions: client.getInstructions(),
    tools: tools.map((tool) => tool.name),
    prompts: prompts.map((prompt) => prompt.name),
    resources: resources.map((resource) => resource.uri),
    due: due.structuredContent,
    wrong: wrong.isError,
    guide: guide.contents[0].text,
  }),
);
await client.close();
