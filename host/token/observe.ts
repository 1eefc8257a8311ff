/** `observe-token`: what a token file is, its copies, and the containers that follow it. Changes nothing. */
import { octalMode, readRegularFile } from "../../lib/atomic-file.ts";
import { problemsOf } from "../../lib/expected-error.ts";
import { PROTOCOL, type HostToken, type TokenFileObservation } from "../protocol.ts";
import { MAX_TOKEN_FILE_BYTES, readContent } from "./candidate.ts";
import { digestOf, readCopies } from "./copies.ts";
import { labelledContainers } from "./docker.ts";

type FilePart = Pick<
  TokenFileObservation,
  "type" | "sha256" | "mode" | "uid" | "size" | "mtimeMs" | "kind" | "detail"
>;

/** Observes one token file. Never throws for what it finds. */
export async function observeTokenFile(token: HostToken): Promise<TokenFileObservation> {
  const missing: string[] = [];
  const engine = await labelledContainers({
    "claude-fleet.fleet": token.fleet,
    "claude-fleet.token": token.name,
  });
  if ("why" in engine) missing.push(`The container engine did not answer: ${engine.why}.`);
  const stored = await readCopies(token.file).catch((error: unknown) => {
    missing.push(...problemsOf(error));
    return { copies: [], memory: { generation: 0, passed: [] } };
  });
  return {
    protocol: PROTOCOL,
    missing,
    ...(await observeFile(token.file)),
    copies: stored.copies.map(({ sha256, uid }) => `${sha256}.${uid}`),
    generation: stored.memory.generation,
    containers:
      "why" in engine
        ? null
        : engine.containers.map(({ name, labels, running }) => ({
            name,
            service: labels["claude-fleet.service"] ?? "",
            sha256: labels["claude-fleet.sha256"] ?? "",
            running,
          })),
  };
}

async function observeFile(path: string): Promise<FilePart> {
  const reading = await readRegularFile(path, MAX_TOKEN_FILE_BYTES);
  const nothing = { sha256: null, mode: null, uid: null, size: null, mtimeMs: null, kind: null };
  if (reading.kind === "unreadable") return { ...nothing, type: "unreadable", detail: reading.why };
  if (reading.kind !== "file") return { ...nothing, type: reading.kind, detail: "" };
  const { content, stat } = reading;
  const judged = readContent(content.toString("utf8"));
  return {
    type: "file",
    sha256: digestOf(content),
    mode: octalMode(stat),
    uid: stat.uid,
    size: content.length,
    mtimeMs: Math.trunc(stat.mtimeMs),
    kind: judged.kind,
    detail: judged.kind === "invalid" ? judged.why : "",
  };
}
