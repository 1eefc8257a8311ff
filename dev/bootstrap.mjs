// What `npm run up` and its siblings start: plain Node, which works before anything is installed.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const MINIMUM = [20, 20];

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < MINIMUM[0] || (major === MINIMUM[0] && minor < MINIMUM[1])) {
  console.error(`Node ${process.versions.node} is too old: install Node ${MINIMUM.join(".")} or newer.`);
  process.exit(1);
}

if (!isInstalled()) {
  console.error("Installing the pinned packages: npm ci");
  // Standard output belongs to what is asked for, such as the shell lines of `dev:env`.
  const install = spawnSync("npm", ["ci"], { cwd: root, stdio: ["ignore", 2, 2] });
  if (install.status !== 0) {
    console.error("npm ci failed, see above; mend that and run this again.");
    process.exit(1);
  }
}

const child = spawn(process.execPath, ["--import", "tsx", "dev/main.ts", ...process.argv.slice(2)], {
  cwd: root,
  stdio: "inherit",
});
// The terminal sends its signals to both; the child decides what becomes of them.
process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => child.kill("SIGTERM"));
child.on("exit", (code, signal) => process.exit(signal ? 1 : (code ?? 1)));

/** Whether node_modules holds what the lockfile pins; npm keeps its own record of what it has installed. */
function isInstalled() {
  const record = join(root, "node_modules/.package-lock.json");
  if (!existsSync(record)) return false;
  const installed = JSON.parse(readFileSync(record, "utf8")).packages;
  const wanted = Object.entries(JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages);
  return wanted.every(([path, { version, optional }]) => {
    if (path === "" || (optional && !installed[path])) return true;
    return installed[path]?.version === version;
  });
}
