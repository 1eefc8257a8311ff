/** `npm run build`: bundles the operator's command and the host program. */
import { buildPrograms } from "./programs.ts";

const { version } = await buildPrograms(path());
process.stdout.write(`built claude-fleet and the host program ${version}\n`);

function path(): string {
  return new URL("..", import.meta.url).pathname;
}
