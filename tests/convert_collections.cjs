// Read the OpenAPI document from standard input; print the bodies that a converter gives its requests, by name.
// Arguments: the folder of the packages, and `bruno` or `insomnia`.
const { readFileSync } = require("node:fs");

const [folder, program] = process.argv.slice(2);
const text = readFileSync(0, "utf-8");

const ofBruno = (document) => {
  const { openApiToBruno } = require(`${folder}/@usebruno/converters`);
  const requests = (items) => items.flatMap((item) => (item.items ? requests(item.items) : [item]));
  return requests(openApiToBruno(document).items)
    .filter((item) => item.request?.body?.mode === "json")
    .map((item) => [item.name, item.request.body.json]);
};

const ofInsomnia = async (document) => {
  const { convert } = require(`${folder}/insomnia-importers`);
  console.log = () => {}; // it says there that it cannot validate OpenAPI 3.1
  const { resources } = (await convert(JSON.stringify(document))).data;
  return resources.filter((item) => item.body?.text).map((item) => [item.name, item.body.text]);
};

const converted = { bruno: ofBruno, insomnia: ofInsomnia }[program](JSON.parse(text));
Promise.resolve(converted).then((found) => {
  const bodies = Object.fromEntries(found.map(([name, body]) => [name, JSON.parse(body)]));
  process.stdout.write(JSON.stringify(bodies));
});
