/** Does what a rotation asks of a token's host. */
import type { RotationRequest } from "./protocol/rotation.ts";
import type { Operator } from "./session.ts";
import { deliverToken, syncEnvironment } from "./token/deliver.ts";
import { diagnoseToken } from "./token/diagnose.ts";
import { releaseRotation, takeRotation } from "./token/rotation-lock.ts";
import { observeRotation } from "./token/rotation-state.ts";
import { runTask } from "./token/site-command.ts";

/** @throws ExpectedError when it cannot be done; see each action for what is left then */
export function actOnRotation(request: RotationRequest, operator: Operator): Promise<unknown> {
  switch (request.action) {
    case "diagnose-token":
      return diagnoseToken(request.question, operator);
    case "rotation-state":
      return observeRotation(request);
    case "rotation-lock":
      return takeRotation(request.token.file, request.owner, request.takeOver);
    case "rotation-unlock":
      return releaseRotation(request.token.file, request.id);
    case "deliver-token":
      return deliverToken(request.token, request.id, request.content);
    case "sync-environment":
      return syncEnvironment(request.token, request.id, request.environment);
    case "run-task":
      return runTask(request.command);
  }
}
