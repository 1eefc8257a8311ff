/** `gate`: a candidate becomes what containers mount only after it was checked and proven by one real call. */
import { readRegularFile } from "../../lib/atomic-file.ts";
import { ExpectedError } from "../../lib/expected-error.ts";
import { copyPath, ApprovedCopies, readApprovedCopies, unneededCopies } from "./approved-copies.ts";
import type { GateResult, HostToken } from "../../contract/token-file.ts";
import type { Session } from "../session.ts";
import { judgeCandidate, MAX_TOKEN_FILE_BYTES } from "./judge-candidate.ts";
import { copiesFolder } from "./approved-copies.ts";
import { labelledContainers } from "../docker.ts";
import { proveToken } from "./prove-token.ts";
import { sha256Of } from "../../lib/sha256.ts";

/**
 * Passes the file whose digest is `sha256`, and stores its copies.
 * @throws {ExpectedError} when it is refused; nothing that containers read has changed then
 */
export async function gate(token: HostToken, sha256: string, session: Session): Promise<GateResult> {
  const own = process.getuid?.() ?? 0;
  const foreign = token.uids.filter((uid) => own !== 0 && uid !== own);
  if (foreign.length > 0) {
    throw new ExpectedError(
      `Copies for uid ${foreign.join(", ")} can be made by root alone, and this login has uid ${own}; set \`become: sudo -n\` for the token's host; where the engine runs without root, write \`uid: ${own}\` instead.`,
    );
  }
  const store = await ApprovedCopies.open(token.file);
  try {
    return await store.locked(() => passCandidate(token, sha256, store, session));
  } finally {
    await store.close();
  }
}

async function passCandidate(
  token: HostToken,
  sha256: string,
  store: ApprovedCopies,
  session: Session,
): Promise<GateResult> {
  const { file } = token;
  const reading = await readRegularFile(file, MAX_TOKEN_FILE_BYTES);
  const { allowRefreshToken } = token.gate;
  const judged = judgeCandidate(reading, { file, allowRefreshToken, uids: token.uids, nowMs: Date.now() });
  if (reading.kind !== "file" || judged.oauth === undefined) {
    throw new ExpectedError(judged.complaints.map(untouched));
  }
  const { content, stat } = reading;
  const digest = sha256Of(content);
  if (digest !== sha256) {
    const observed =
      sha256 === "unknown"
        ? "was not observed before"
        : `was ${sha256.slice(0, 12)} when it was observed, and is ${digest.slice(0, 12)} now`;
    throw new ExpectedError(untouched(`${file} ${observed}; run \`pulumi up\` again.`));
  }
  if (judged.complaints.length > 0) throw new ExpectedError(judged.complaints.map(untouched));

  session.progress(`asking the API with the token of ${file}`);
  // /run is memory: root's scratch copy of the token never reaches a disk.
  const scratchParent = process.getuid?.() === 0 ? "/run" : copiesFolder(file);
  const refusal = await proveToken(judged.oauth, token.gate, { uid: stat.uid, gid: stat.gid, scratchParent });
  if (refusal !== undefined) throw new ExpectedError(untouched(`${file}: ${refusal}`));

  const copies = [...new Set(token.uids)].sort((a, b) => a - b).map((uid) => ({ sha256, uid }));
  for (const copy of copies) await store.store(copy, content);
  const { memory } = await readApprovedCopies(file);
  const passed = [sha256, ...memory.passed.filter((former) => former !== sha256)].slice(0, 2);
  const generation = memory.generation + 1;
  await store.remember({ generation, passed });
  await removeSuperfluous(token, store, passed);
  return {
    sha256,
    generation,
    kind: judged.kind === "login" ? "login" : "setup-token",
    copies: copies.map((copy) => ({ uid: copy.uid, path: copyPath(file, copy) })),
  };
}

/** What a person wants to know first when a rollout stops. */
function untouched(sentence: string): string {
  return `${sentence} No container was touched.`;
}

/** Where the engine does not answer, nothing is removed: a container may still mount any of them. */
async function removeSuperfluous(
  token: HostToken,
  store: ApprovedCopies,
  passed: readonly string[],
): Promise<void> {
  const engine = await labelledContainers({
    "claude-fleet.fleet": token.fleet,
    "claude-fleet.token": token.name,
  });
  if ("why" in engine) return;
  const mounted = engine.containers.flatMap(({ labels, mounts }) => [
    labels["claude-fleet.sha256"] ?? "",
    ...mounts.map(({ source }) => /([0-9a-f]{64})\.\d+\.json$/.exec(source)?.[1] ?? ""),
  ]);
  const { copies } = await readApprovedCopies(token.file);
  for (const copy of unneededCopies(copies, new Set([...passed, ...mounted]))) await store.remove(copy);
}
