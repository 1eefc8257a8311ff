/** `gate`: stores the approved copies of a candidate after a real call has proven its token. */
import type { ResultOf } from "../../contract/actions.ts";
import type { HostToken } from "../../contract/token-file.ts";
import { ExpectedError } from "../../lib/expected-error.ts";
import { labelledContainers } from "../docker.ts";
import type { Session } from "../session.ts";
import { ApprovedCopies, copiesFolder, copyPath, readApprovedCopies } from "./approved-copies.ts";
import { readCandidate } from "./read-candidate.ts";
import { proveToken, scratchParent } from "./prove-token.ts";
import { LABELS, labelsWith } from "../../contract/container-labels.ts";

/**
 * Passes the candidate whose digest is `sha256`, and stores its approved copies.
 * @param sha256 the digest that was observed; `unknown` when the host was not observed
 * @throws {ExpectedError} when the candidate is refused; nothing that containers read has changed then
 */
export async function gate(token: HostToken, sha256: string, session: Session): Promise<ResultOf<"gate">> {
  const own = process.getuid?.() ?? 0;
  const foreign = token.uids.filter((uid) => own !== 0 && uid !== own);
  if (foreign.length > 0) {
    throw new ExpectedError(
      `Only root can create copies for uid ${foreign.join(", ")}, and this login has uid ${own}; set \`become: sudo -n\` for the token's host. Where the engine runs without root, write \`uid: ${own}\` instead.`,
    );
  }
  return ApprovedCopies.withLock(token.file, (store) => passCandidate(token, sha256, store, session));
}

async function passCandidate(
  token: HostToken,
  sha256: string,
  store: ApprovedCopies,
  session: Session,
): Promise<ResultOf<"gate">> {
  const { file } = token;
  const { reading, kind, oauth, complaints, sha256: found } = await readCandidate(token);
  if (reading.kind !== "file" || oauth === undefined) throw new ExpectedError(complaints.map(untouched));
  const { content, stat } = reading;
  if (found !== sha256) {
    const observed =
      sha256 === "unknown"
        ? "was not observed before"
        : `was ${sha256.slice(0, 12)} when it was observed, and is ${found?.slice(0, 12)} now`;
    throw new ExpectedError(untouched(`${file} ${observed}; run \`pulumi up\` again.`));
  }
  if (complaints.length > 0) throw new ExpectedError(complaints.map(untouched));

  session.progress(`asking the API with the token of ${file}`);
  const caller = { uid: stat.uid, gid: stat.gid, scratchParent: scratchParent(copiesFolder(file)) };
  const refusal = await proveToken(oauth, token.gate, caller);
  if (refusal !== undefined) throw new ExpectedError(untouched(`${file}: ${refusal}`));

  const copies = [...new Set(token.uids)].sort((a, b) => a - b).map((uid) => ({ sha256, uid }));
  for (const copy of copies) await store.store(copy, content);
  const { gateRecord } = await readApprovedCopies(file);
  const passed = [sha256, ...gateRecord.passed.filter((former) => former !== sha256)].slice(0, 2);
  const generation = gateRecord.generation + 1;
  await store.writeGateRecord({ generation, passed });
  await removeUnneeded(token, store, passed);
  return {
    sha256,
    generation,
    kind: kind === "login" ? "login" : "setup-token",
    copies: copies.map((copy) => ({ uid: copy.uid, path: copyPath(file, copy) })),
  };
}

/** Adds what a person wants to know first when a rollout stops. */
function untouched(sentence: string): string {
  return `${sentence} No container was touched.`;
}

/** Removes copies of other files than the gate passed last and containers mount. Removes none while the engine does not answer, because a container may mount any of them. */
async function removeUnneeded(
  token: HostToken,
  store: ApprovedCopies,
  passed: readonly string[],
): Promise<void> {
  const engine = await labelledContainers(labelsWith({ fleet: token.fleet, token: token.name }));
  if (engine.why !== undefined) return;
  const mounted = engine.containers.flatMap(({ labels, mounts }) => [
    labels[LABELS.sha256] ?? "",
    ...mounts.map(({ source }) => /([0-9a-f]{64})\.\d+\.json$/.exec(source)?.[1] ?? ""),
  ]);
  const { copies } = await readApprovedCopies(token.file);
  for (const copy of copies) {
    if (![...passed, ...mounted].includes(copy.sha256)) await store.remove(copy);
  }
}
