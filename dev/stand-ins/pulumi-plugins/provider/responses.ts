// Packs a plugin's answers into the engine's messages.
import rpc from "@pulumi/pulumi/proto/provider_pb.js";
import type * as Rpc from "@pulumi/pulumi/proto/provider_pb.js";
import type { Failure } from "./check.ts";
import type { Change } from "./compare.ts";
import type { Difference } from "./resource.ts";
import { encode } from "./value.ts";
import type { Path, Properties } from "./value.ts";
import { formatPath } from "./paths.ts";

export function checkResponse(
  inputs: Properties,
  failures: readonly Failure[],
  secrets: readonly Path[],
): Rpc.CheckResponse {
  const response = new rpc.CheckResponse();
  response.setInputs(encode(inputs, secrets));
  response.setFailuresList(failures.map(failureMessage));
  return response;
}

export function failureMessage(failure: Failure): Rpc.CheckFailure {
  const message = new rpc.CheckFailure();
  message.setProperty(failure.property);
  message.setReason(failure.reason);
  return message;
}

export function diffResponse({ changes, deleteBeforeReplace }: Difference): Rpc.DiffResponse {
  const response = new rpc.DiffResponse();
  const { DIFF_NONE, DIFF_SOME } = rpc.DiffResponse.DiffChanges;
  response.setChanges(changes.length === 0 ? DIFF_NONE : DIFF_SOME);
  response.setHasdetaileddiff(true);
  response.setDeletebeforereplace(deleteBeforeReplace);
  response.setDiffsList(topLevel(changes));
  response.setReplacesList(topLevel(changes.filter((change) => change.replaces)));
  for (const change of changes) {
    const detail = new rpc.PropertyDiff();
    detail.setKind(kindOf(change));
    response.getDetaileddiffMap().set(formatPath(change.path), detail);
  }
  return response;
}

function kindOf(change: Change): Rpc.PropertyDiff.Kind {
  const { Kind } = rpc.PropertyDiff;
  switch (change.kind) {
    case "add":
      return change.replaces ? Kind.ADD_REPLACE : Kind.ADD;
    case "delete":
      return change.replaces ? Kind.DELETE_REPLACE : Kind.DELETE;
    case "update":
      return change.replaces ? Kind.UPDATE_REPLACE : Kind.UPDATE;
  }
}

function topLevel(changes: readonly Change[]): string[] {
  return [...new Set(changes.map((change) => String(change.path[0])))].sort();
}
