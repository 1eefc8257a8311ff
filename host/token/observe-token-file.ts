/** `observe-token`: reports a token file, its approved copies, and the containers that mount them. Changes nothing. */
import { numberOf } from "../../claude/credentials.ts";
import type { RequestOf } from "../../contract/actions.ts";
import { date, PROTOCOL } from "../../contract/fields.ts";
import { PROTOCOL_LIMITS } from "../../contract/protocol-limits.ts";
import type {
  HostCompose,
  HostToken,
  ObservedService,
  TokenFileObservation,
} from "../../contract/token-file.ts";
import { problemsOf } from "../../lib/expected-error.ts";
import { bootFingerprint } from "../boot-fingerprint.ts";
import { engineSecurity, labelledContainers, namedContainers, type ContainerState } from "../docker.ts";
import { composeServices } from "../rollout/compose-command.ts";
import { copyPath, gateRecordFile, NO_GATE, readApprovedCopies } from "./approved-copies.ts";
import { copyFault, type ApprovedCopy } from "./approved-copy.ts";
import { readCandidate } from "./read-candidate.ts";
import { observeReaders, readerComplaints } from "./copy-readers.ts";
import { LABELS, labelsWith } from "../../contract/container-labels.ts";
import { octalMode, readRegularFile } from "../../lib/regular-file.ts";
import { plainText, plainTexts } from "../../lib/printable.ts";
import { MAX_TOKEN_FILE_BYTES } from "./candidate-rules.ts";

type Settings = NonNullable<NonNullable<TokenFileObservation["containers"]>[number]["settings"]>;

/** Observes one token file. Never throws for what it finds: `missing` says what could not be observed. */
export async function observeTokenFile({
  token,
  services,
  compose,
}: RequestOf<"observe-token">): Promise<TokenFileObservation> {
  const missing: string[] = [];
  const engine = await namedContainers(...services.map(({ container }) => container));
  if (engine.why !== undefined) missing.push(`The container engine did not answer: ${engine.why}.`);
  const labelled = await labelledContainers(labelsWith({ fleet: token.fleet, token: token.name }));
  const stored = await readApprovedCopies(token.file).catch((error: unknown) => {
    missing.push(...problemsOf(error));
    return { copies: [], gateRecord: NO_GATE };
  });
  if (engine.why === undefined) {
    const readers = await observeReaders(token.file, services, engine.containers, await engineSecurity());
    missing.push(...readerComplaints(readers));
  }
  return {
    protocol: PROTOCOL,
    ...(await observeCandidate(token)),
    copies: stored.copies.map(nameOf),
    spoiled: await spoiledCopies(token.file, stored.copies),
    generation: stored.gateRecord.generation,
    mark: await bootFingerprint(gateRecordFile(token.file)),
    passed: stored.gateRecord.passed,
    containers:
      engine.why === undefined
        ? engine.containers.map((found) => ({
            ...describeContainer(found, token, services),
            // A compose file is the site's, and its command lines may hold secrets.
            ...(compose === undefined ? {} : { settings: null }),
          }))
        : null,
    others: otherContainers(labelled.containers, services),
    composeServices: compose === undefined ? null : await observeCompose(compose, missing),
    missing: plainTexts(missing, PROTOCOL_LIMITS.missing, PROTOCOL_LIMITS.sentence),
  };
}

async function observeCandidate(token: HostToken) {
  const { reading, sha256, kind = null, oauth, complaints } = await readCandidate(token);
  const { content, stat } = reading.kind === "file" ? reading : {};
  return {
    type: reading.kind,
    sha256,
    kind,
    expiresAtMs: date.safeParse(oauth && numberOf(oauth, "expiresAt")).data ?? null,
    complaints: [...complaints],
    mode: stat === undefined ? null : octalMode(stat),
    uid: stat?.uid ?? null,
    size: content?.length ?? null,
    mtimeMs: stat === undefined ? null : Math.trunc(stat.mtimeMs),
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
  const { [LABELS.token]: token = "", [LABELS.service]: service = "" } = labels;
  const ours = labels[LABELS.fleet] === fleet;
  const own = ours && token === name;
  const target = services.find(({ container }) => container === found.name)?.target;
  const mount = mounts.find((candidate) => candidate.target === target);
  return {
    name: found.name,
    sha256: own ? (labels[LABELS.sha256] ?? "") : "",
    of: ours ? { token: plainText(token, 200), service: plainText(service, 200) } : null,
    running,
    status: found.status,
    health: found.health ?? null,
    networks: found.networks?.slice(0, 100) ?? null,
    networkMode: found.networkMode,
    definition: labels[LABELS.definition] ?? null,
    settings: own ? settingsOf(found) : null,
    source: mount?.source ?? null,
    readOnly: mount?.readOnly ?? null,
  };
}

function settingsOf(found: ContainerState): Settings {
  const { image, user, restartPolicy: restart, command, entrypoint, variables, mounts, ports } = found;
  // An image may have volumes of its own, which the engine mounts too.
  const binds = mounts.filter(({ bind }) => bind);
  const described = binds.map(
    ({ source, target, readOnly }) => `${source}:${target}:${readOnly ? "ro" : "rw"}`,
  );
  return { image, user, restart, command, entrypoint, variables, mounts: described, ports };
}

/** Returns the containers with the token's labels that have other names than the services' containers. */
function otherContainers(
  labelled: readonly ContainerState[],
  services: readonly ObservedService[],
): TokenFileObservation["others"] {
  const known = new Set(services.map(({ container }) => container));
  return labelled
    .filter(({ name }) => !known.has(name))
    .map(({ name, labels, running }) => ({
      name: plainText(name, 200),
      service: plainText(labels[LABELS.service] ?? "", 200),
      running,
    }));
}

async function observeCompose(compose: HostCompose, missing: string[]): Promise<string[] | null> {
  try {
    const answer = await composeServices(compose);
    if ("services" in answer) return [...answer.services];
    missing.push(`Compose did not list the services of ${compose.file}: ${answer.why}.`);
  } catch (error) {
    missing.push(...problemsOf(error));
  }
  return null;
}
