// The way back to the engine: messages that appear in its display at the resource they are about.
import { credentials } from "@grpc/grpc-js";
import enginegrpc from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import enginepb from "@pulumi/pulumi/proto/engine_pb.js";
import type { Severity } from "./resource.ts";

/** The engine, as far as plugins speak to it. */
export interface Engine {
  /** Shows a message; an empty `urn` is the stack itself. Lost when the engine is gone, which ends the plugin anyway. */
  log(severity: Severity, message: string, urn: string, ephemeral: boolean): void;
}

/** Connects to the engine at `host:port`, the address it gives its plugins as an argument. */
export function connectEngine(address: string): Engine {
  const client = new enginegrpc.EngineClient(address, credentials.createInsecure());
  const { DEBUG, INFO, WARNING, ERROR } = enginepb.LogSeverity;
  const severities = { debug: DEBUG, info: INFO, warning: WARNING, error: ERROR };
  return {
    log(severity, message, urn, ephemeral) {
      const request = new enginepb.LogRequest();
      request.setSeverity(severities[severity]);
      request.setMessage(message);
      request.setUrn(urn);
      request.setEphemeral(ephemeral);
      client.log(request, (error) => {
        if (error !== null) process.stderr.write(`${message}\n`);
      });
    },
  };
}
