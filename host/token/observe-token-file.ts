/** `observe-token`: what a token file is, its copies, and the containers that follow it. Changes nothing. */
import { numberOf } from "../../claude/credentials.ts";
import { octalMode, readRegularFile } from "../../lib/atomic-file.ts";
import { plainText, problemsOf } from "../../lib/expected-error.ts";
import { PROTOCOL } from "../../contract/fields.ts";
import type {
  HostCompose,
  HostToken,
  ObservedService,
  TokenFileObservation,
} from "../../contract/token-file.ts";
import { judgeCandidate, MAX_TOKEN_FILE_BYTES } from "./judge-candidate.ts";
import { bootFingerprint } from "../boot-fingerprint.ts";
import { copyPath, gateRecordFile, readApprovedCopies } from "./approved-copies.ts";
import { type ApprovedCopy, copyFault } from "./approved-copy.ts";
import { composeServices } from "../rollout/compose-command.ts";
import { engineSecurity, namedContainers, type ContainerState } from "../docker.ts";
import { observeReaders, readerComplaints } from "./copy-readers.ts";
import type { RequestOf } from "../../contract/actions.ts";
import { sha256Of } from "../../lib/sha256.ts";

type FilePart = Pick<
  TokenFileObservation,
  "type" | "sha256" | "mode" | "uid" | "size" | "mtimeMs" | "kind" | "expiresAtMs" | "complaints"
>;

/** Observes one token file. Never throws for what it finds. */
export async function observeTokenFile({
  token,
  services,
  compose,
}: RequestOf<"observe-token">): Promise<TokenFileObservation> {
  const missing: string[] = [];
  const engine = await namedContainers(...services.map(({ container }) => container));
  if ("why" in engine) missing.push(`The container engine did not answer: ${engine.why}.`);
  const stored = await readApprovedCopies(token.file).catch((error: unknown) => {
    missing.push(...problemsOf(error));
    return { copies: [], memory: { generation: 0, passed: [] } };
  });
  if (!("why" in engine)) {
    const readers = await observeReaders(token.file, services, engine.containers, await engineSecurity());
    missing.push(...readerComplaints(readers));
  }
  return {
    protocol: PROTOCOL,
    ...(await observeFile(token)),
    copies: stored.copies.map(nameOf),
    spoiled: await spoiledCopies(token.file, stored.copies),
    generation: stored.memory.generation,
    mark: await bootFingerprint(gateRecordFile(token.file)),
    passed: stored.memory.passed,
    containers:
      "why" in engine ? null : engine.containers.map((found) => describeContainer(found, token, services)),
    composeServices: compose === undefined ? null : await observeCompose(compose, missing),
    missing: missing.slice(0, 50).map((sentence) => plainText(sentence, 500)),
  };
}

function nameOf({ sha256, uid }: ApprovedCopy): string {
  return `${sha256}.${uid}`;
}

async function spoiledCopies(
  file: string,
  copies: readonly ApprovedCopy[],
): Promise<TokenFileObservation["spoiled"]> {
  const faults = copies.map(async (copy) => {
    const why = copyFault(await readRegularFile(copyPath(file, copy), MAX_TOKEN_FILE_BYTES), copy);
    return why === undefined ? [] : [{ copy: nameOf(copy), why: plainText(why, 200) }];
  });
  return (await Promise.all(faults)).flat();
}

function describeContainer(
  found: ContainerState,
  { fleet, name }: HostToken,
  services: readonly ObservedService[],
): NonNullable<TokenFileObservation["containers"]>[number] {
  const { labels, mounts, running } = found;
  const { ["claude-fleet.token"]: token = "", ["claude-fleet.service"]: service = "" } = labels;
  const ours = labels["claude-fleet.fleet"] === fleet;
  const own = ours && token === name;
  const target = services.find(({ container }) => container === found.name)?.target;
  const mount = mounts.find((candidate) => candidate.target === target);
  return {
    name: found.name,
    sha256: own ? (labels["claude-fleet.sha256"] ?? "") : "",
    of: ours ? { token: plainText(token, 200), service: plainText(service, 200) } : null,
    running,
    source: mount?.source ?? null,
    readOnly: mount?.readOnly ?? null,
  };
}

async function observeCompose(compose: HostCompose, missing: string[]): Promise<string[] | null> {
  try {
    const answer = await composeServices(compose);
    if ("services" in answer) return [...answer.services];
    missing.push(`compose did not tell the services of ${compose.file}: ${answer.why}.`);
  } catch (error) {
    missing.push(...problemsOf(error));
  }
  return null;
}

async function observeFile(token: HostToken): Promise<FilePart> {
  const { file, uids, gate } = token;
  const reading = await readRegularFile(file, MAX_TOKEN_FILE_BYTES);
  const rules = { file, allowRefreshToken: gate.allowRefreshToken, uids, nowMs: Date.now() };
  const { kind = null, oauth, complaints } = judgeCandidate(reading, rules);
  const expiresAtMs = (oauth && numberOf(oauth, "expiresAt")) ?? null;
  if (reading.kind !== "file") {
    const nothing = { sha256: null, mode: null, uid: null, size: null, mtimeMs: null };
    return { ...nothing, type: reading.kind, kind, expiresAtMs, complaints: [...complaints] };
  }
  const { content, stat } = reading;
  return {
    type: "file",
    sha256: sha256Of(content),
    mode: octalMode(stat),
    uid: stat.uid,
    size: content.length,
    mtimeMs: Math.trunc(stat.mtimeMs),
    kind,
    expiresAtMs,
    complaints: [...complaints],
  };
}
