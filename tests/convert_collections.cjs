// Read the OpenAPI document from standard input; print the bodies that Bruno's converter gives its requests, by name.
const { openApiToBruno } = require(`${process.argv[2]}/@usebruno/converters`);
const { readFileSync } = require("node:fs");

const bodies = {};
const walk = (items) => {
  for (const item of items) {
    if (item.items) walk(item.items);
    else if (item.request?.body?.mode === "json") bodies[item.name] = JSON.parse(item.request.body.json);
  }
};
walk(openApiToBruno(JSON.parse(readFileSync(0, "utf-8"))).items);
console.log(JSON.stringify(bodies));
