/** The agent as a program that is given its configuration's file: its own finds plan and home by the account that it runs as. */
import { readFile } from "node:fs/promises";
import type { AgentConfig } from "../../agent/config.ts";
import { realWorld } from "../../agent/real-world.ts";
import { runAgent } from "../../agent/run.ts";

const config = JSON.parse(await readFile(process.argv[2] ?? "", "utf8")) as AgentConfig;
process.umask(0o077);
process.exitCode = (await runAgent(realWorld(config), config, "run")).exitCode;
