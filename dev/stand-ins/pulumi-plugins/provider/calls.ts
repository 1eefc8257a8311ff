// Answers the engine's calls: a result, an error, or a resource that exists but is not well.
import { Metadata, status } from "@grpc/grpc-js";
import type { handleUnaryCall, ServiceError } from "@grpc/grpc-js";
import rpc from "@pulumi/pulumi/proto/provider_pb.js";
import rpcStatus from "@pulumi/pulumi/proto/status_pb.js";
import any from "google-protobuf/google/protobuf/any_pb.js";
import { PartialFailure } from "./resource.ts";
import { encode } from "./value.ts";
import type { Path } from "./value.ts";

export function unary<Request, Response>(
  handle: (request: Request) => Response | Promise<Response>,
): handleUnaryCall<Request, Response> {
  return (call, callback) => {
    Promise.resolve()
      .then(() => handle(call.request))
      .then(
        (response) => callback(null, response),
        (error: unknown) => callback(asServiceError(error)),
      );
  };
}

function asServiceError(error: unknown): ServiceError {
  const message = error instanceof Error ? error.message : String(error);
  const metadata = new Metadata();
  if (error instanceof MarkedPartialFailure) metadata.set("grpc-status-details-bin", initFailed(error));
  return Object.assign(new Error(message), { code: status.UNKNOWN, details: message, metadata });
}

/** A partial failure, and which of its outputs are secret. */
class MarkedPartialFailure extends PartialFailure {
  readonly secrets: readonly Path[];

  constructor(cause: PartialFailure, secrets: readonly Path[]) {
    super(cause.message, cause.stored, { cause });
    this.secrets = secrets;
  }
}

export async function marking<T>(secrets: readonly Path[], run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw error instanceof PartialFailure ? new MarkedPartialFailure(error, secrets) : error;
  }
}

function initFailed(error: MarkedPartialFailure): Buffer {
  const detail = new rpc.ErrorResourceInitFailed();
  detail.setId(error.stored.id);
  detail.setProperties(encode(error.stored.outputs, error.secrets));
  detail.setReasonsList([error.message]);
  const packed = new any.Any();
  packed.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const message = new rpcStatus.Status();
  message.setCode(status.UNKNOWN);
  message.setMessage(error.message);
  message.addDetails(packed);
  return Buffer.from(message.serializeBinary());
}
