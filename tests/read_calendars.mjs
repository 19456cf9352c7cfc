// Parses the texts of a JSON list (standard input) with ical.js and prints what it read, as jCal or jCard.
import ICAL from "ical.js";

let input = "";
for await (const piece of process.stdin) input += piece;
process.stdout.write(JSON.stringify(JSON.parse(input).map((text) => ICAL.parse(text))));
