/** Builds the agent that kills itself, and its CLI, once for all tests of a file. */
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

export interface Programs {
  readonly agent: string;
  readonly claude: string;
}

/** @param server the address of the CLI's server */
export async function buildKilledPrograms(folder: string, server: string): Promise<Programs> {
  const agent = join(folder, "agent.mjs");
  const claude = join(folder, "claude");
  // Bundled modules that expect `require` find it.
  const require =
    "import { createRequire as make } from 'node:module'; const require = make(import.meta.url);";
  const bundle = (entry: string, outfile: string, banner: string) =>
    build({
      entryPoints: [fileURLToPath(new URL(entry, import.meta.url))],
      outfile,
      bundle: true,
      platform: "node",
      target: "node20",
      format: "esm",
      logLevel: "warning",
      banner: { js: banner },
    });
  await bundle("agent-program.ts", agent, require);
  await bundle("claude-program.ts", `${claude}.mjs`, require);
  // An absolute path: the agent's environment for the CLI may not lead to this Node.
  await writeFile(claude, `#!/bin/sh\nexec ${process.execPath} ${claude}.mjs "$@"\n`);
  await chmod(claude, 0o755);
  await writeFile(`${claude}.mjs.server`, `${server}\n`);
  return { agent, claude };
}
