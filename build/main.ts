/** `npm run build`: bundles the operator's command, the host program and the policy pack. */
import { fileURLToPath } from "node:url";
import { buildPolicyPack, buildPrograms } from "./programs.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const [{ version }] = await Promise.all([buildPrograms(root), buildPolicyPack(root)]);
process.stdout.write(`built claude-fleet, its policy pack and the host program ${version}\n`);
