/** `gate`: a candidate becomes what containers mount only after it was checked and proven by one real call. */
import { type FileReading, readRegularFile } from "../../lib/atomic-file.ts";
import { ExpectedError } from "../../lib/expected-error.ts";
import { copyPath, CopyStore, digestOf, readCopies, superfluous } from "./copies.ts";
import type { GateResult, HostToken } from "../protocol.ts";
import type { Operator } from "../session.ts";
import { complaints, MAX_TOKEN_FILE_BYTES, readContent } from "./candidate.ts";
import { copiesFolder } from "./copies.ts";
import { labelledContainers } from "./docker.ts";
import { prove } from "./prove.ts";

const LOCK_WAIT_SECONDS = 300;

/**
 * Passes the file whose digest is `sha256`, and stores its copies.
 * @throws {ExpectedError} when it is refused; nothing that containers read has changed then
 */
export async function gate(token: HostToken, sha256: string, operator: Operator): Promise<GateResult> {
  const own = process.getuid?.() ?? 0;
  const foreign = token.uids.filter((uid) => own !== 0 && uid !== own);
  if (foreign.length > 0) {
    throw new ExpectedError(
      `Copies for uid ${foreign.join(", ")} can be made by root alone, and this login has uid ${own}; set \`become: sudo -n\` for the token's host.`,
    );
  }
  const store = await CopyStore.open(token.file);
  try {
    const lock = await store.lock(LOCK_WAIT_SECONDS);
    if (lock === undefined) {
      throw new ExpectedError(
        `Another gate of ${token.file} has been at work for 5 minutes; wait for it or look there.`,
      );
    }
    try {
      return await passCandidate(token, sha256, store, operator);
    } finally {
      await lock.release();
    }
  } finally {
    await store.close();
  }
}

async function passCandidate(
  token: HostToken,
  sha256: string,
  store: CopyStore,
  operator: Operator,
): Promise<GateResult> {
  const { file } = token;
  const reading = await readRegularFile(file, MAX_TOKEN_FILE_BYTES);
  if (reading.kind !== "file") {
    throw new ExpectedError(`${file} ${notAFile(reading)}; no container was touched.`);
  }
  const { content, stat } = reading;
  const digest = digestOf(content);
  if (digest !== sha256) {
    throw new ExpectedError(
      `${file} has changed since it was observed (${sha256.slice(0, 12)}, now ${digest.slice(0, 12)}); run \`pulumi up\` again.`,
    );
  }
  const judged = readContent(content.toString("utf8"));
  const { allowRefreshToken } = token.gate;
  const problems = complaints(judged, { file, allowRefreshToken, mode: stat.mode, nowMs: Date.now() });
  if (problems.length > 0 || judged.kind === "invalid") throw new ExpectedError(problems);

  operator.progress(`asking the API with the token of ${file}`);
  // /run is memory: root's scratch copy of the token never reaches a disk.
  const scratchParent = process.getuid?.() === 0 ? "/run" : copiesFolder(file);
  const refusal = await prove(judged.oauth, token.gate, { uid: stat.uid, gid: stat.gid, scratchParent });
  if (refusal !== undefined) throw new ExpectedError(`${file}: ${refusal} No container was touched.`);

  const copies = [...new Set(token.uids)].sort((a, b) => a - b).map((uid) => ({ sha256, uid }));
  for (const copy of copies) await store.store(copy, content);
  const { memory } = await readCopies(file);
  const passed = [sha256, ...memory.passed.filter((former) => former !== sha256)].slice(0, 2);
  const generation = memory.generation + 1;
  await store.remember({ generation, passed });
  await removeSuperfluous(token, store, passed);
  return {
    sha256,
    generation,
    kind: judged.kind,
    copies: copies.map((copy) => ({ uid: copy.uid, path: copyPath(file, copy) })),
  };
}

/** What is wrong with what lies at the token file's place, and what to do about it. */
function notAFile(reading: Exclude<FileReading, { kind: "file" }>): string {
  switch (reading.kind) {
    case "missing":
      return "is missing: put the token file there";
    case "unreadable":
      return `cannot be read (${reading.why}): mend that, or put the token file there anew`;
    case "directory":
    case "symlink":
    case "other":
      return `is ${KINDS[reading.kind]} instead of a file: move it away, and put the token file itself there`;
  }
}

const KINDS = { directory: "a folder", symlink: "a link", other: "a device, pipe or socket" } as const;

/** Where the engine does not answer, nothing is removed: a container may still mount any of them. */
async function removeSuperfluous(
  token: HostToken,
  store: CopyStore,
  passed: readonly string[],
): Promise<void> {
  const engine = await labelledContainers({
    "claude-fleet.fleet": token.fleet,
    "claude-fleet.token": token.name,
  });
  if ("why" in engine) return;
  const mounted = engine.containers.flatMap(({ labels, sources }) => [
    labels["claude-fleet.sha256"] ?? "",
    ...sources.map((source) => /([0-9a-f]{64})\.\d+\.json$/.exec(source)?.[1] ?? ""),
  ]);
  const { copies } = await readCopies(token.file);
  for (const copy of superfluous(copies, new Set([...passed, ...mounted]))) await store.remove(copy);
}
