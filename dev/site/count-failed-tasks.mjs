// A site's query: how many tasks a 401 has failed since CLAUDE_FLEET_SINCE. Here: what a file says, or 0 without one.
// usage: count-failed-tasks.mjs FILE
import { existsSync, readFileSync } from "node:fs";

const [file] = process.argv.slice(2);
console.log(existsSync(file) ? Number(readFileSync(file, "utf8")) : 0);
