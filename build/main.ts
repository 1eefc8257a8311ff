/** `npm run build`: makes all bundles. */
import { fileURLToPath } from "node:url";
import { buildPrograms } from "./programs.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const { version } = await buildPrograms(root);
process.stdout.write(`built claude-fleet, its policy pack and the host program ${version}\n`);
