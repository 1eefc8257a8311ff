// The engine's ResourceProvider service over a plugin's definition: unpacks requests, runs the operation, packs the answer.
import { Metadata, status } from "@grpc/grpc-js";
import type { handleUnaryCall, ServiceError, UntypedServiceImplementation } from "@grpc/grpc-js";
import plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import rpc from "@pulumi/pulumi/proto/provider_pb.js";
import type * as Rpc from "@pulumi/pulumi/proto/provider_pb.js";
import rpcStatus from "@pulumi/pulumi/proto/status_pb.js";
import any from "google-protobuf/google/protobuf/any_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import { isReserved } from "./check.ts";
import type { Failure } from "./check.ts";
import { compareValues, formatPath } from "./compare.ts";
import type { Change } from "./compare.ts";
import type { Engine } from "./engine.ts";
import { outputSecrets, PartialFailure } from "./resource.ts";
import type {
  ConfiguredProvider,
  Difference,
  Operation,
  ProviderDefinition,
  ResourceType,
} from "./resource.ts";
import { decode, encode } from "./value.ts";
import type { Path, Properties } from "./value.ts";

/** A request about one resource. */
interface AboutResource {
  getUrn(): string;
}

/**
 * Builds the service for `Server.addService(ResourceProviderService, …)`. Methods of the protocol that
 * no type here needs (Construct, Call, List, Parameterize, GetSchema, mappings) are left unimplemented.
 */
export function providerService(
  definition: ProviderDefinition,
  engine: Engine,
): UntypedServiceImplementation {
  const cancelled = new AbortController();
  let configured: ConfiguredProvider | undefined;

  const provider = (): ConfiguredProvider => {
    if (configured === undefined)
      throw new Error(`The ${definition.name} plugin was used before it was configured.`);
    return configured;
  };

  const typeOf = (request: AboutResource): ResourceType => {
    const { type } = parseUrn(request.getUrn());
    const found = provider().resources[type];
    if (found !== undefined) return found;
    throw new Error(
      `The stand-in ${definition.name} plugin does not know ${type}: it has ${Object.keys(provider().resources).join(", ")}.`,
    );
  };

  const operation = (urn: string, name: string, timeoutSeconds: number): Operation => ({
    name,
    log: (severity, message, options) => engine.log(severity, message, urn, options?.ephemeral === true),
    signal:
      timeoutSeconds > 0
        ? AbortSignal.any([cancelled.signal, AbortSignal.timeout(timeoutSeconds * 1000)])
        : cancelled.signal,
  });
  const about = (request: AboutResource, timeoutSeconds: number): Operation =>
    operation(request.getUrn(), parseUrn(request.getUrn()).name, timeoutSeconds);

  return {
    handshake: unary(() => {
      const response = new rpc.ProviderHandshakeResponse();
      response.setAcceptSecrets(true);
      return response;
    }),

    getPluginInfo: unary(() => {
      const response = new plugin.PluginInfo();
      response.setVersion(definition.version);
      return response;
    }),

    checkConfig: unary((request: Rpc.CheckRequest) => {
      const news = decode(request.getNews());
      return checkResponse(news.values, definition.checkConfig(withoutReserved(news.values)), news.secrets);
    }),

    diffConfig: unary((request: Rpc.DiffRequest) => {
      const old = decode(request.getOldInputs()).values;
      const changes = compareValues(old, decode(request.getNews()).values);
      return diffResponse({
        changes: changes.map((change) => ({ ...change, replaces: false })),
        deleteBeforeReplace: false,
      });
    }),

    configure: unary((request: Rpc.ConfigureRequest) => {
      configured = definition.configure(withoutReserved(decode(request.getArgs()).values));
      const response = new rpc.ConfigureResponse();
      response.setAcceptsecrets(true);
      response.setSupportspreview(true);
      return response;
    }),

    check: unary((request: Rpc.CheckRequest) => {
      const news = decode(request.getNews());
      const { name } = parseUrn(request.getUrn());
      const { inputs, failures } = typeOf(request).check(name, news.values, decode(request.getOlds()).values);
      return checkResponse(inputs, failures, news.secrets);
    }),

    diff: unary((request: Rpc.DiffRequest) => {
      const difference = typeOf(request).diff({
        state: decode(request.getOlds()).values,
        oldInputs: decode(request.getOldInputs()).values,
        inputs: decode(request.getNews()).values,
        ignoreChanges: request.getIgnorechangesList(),
      });
      return diffResponse(difference);
    }),

    create: unary(async (request: Rpc.CreateRequest) => {
      const type = typeOf(request);
      const { values, secrets } = decode(request.getProperties());
      const run = about(request, request.getTimeout());
      const marked = outputSecrets(type, secrets);
      const stored = request.getPreview()
        ? type.previewCreate(run, values)
        : await marking(marked, () => type.create(run, values));
      const response = new rpc.CreateResponse();
      response.setId(stored.id);
      response.setProperties(encode(stored.outputs, marked));
      return response;
    }),

    read: unary(async (request: Rpc.ReadRequest) => {
      const type = typeOf(request);
      const state = decode(request.getProperties());
      const inputs = decode(request.getInputs());
      const found = await type.read(about(request, 0), {
        id: request.getId(),
        state: state.values,
        inputs: inputs.values,
      });
      const response = new rpc.ReadResponse();
      if (found === undefined) return response;
      response.setId(found.id);
      response.setProperties(
        encode(found.outputs, outputSecrets(type, [...state.secrets, ...inputs.secrets])),
      );
      response.setInputs(encode(found.inputs, inputs.secrets));
      return response;
    }),

    update: unary(async (request: Rpc.UpdateRequest) => {
      const type = typeOf(request);
      const news = decode(request.getNews());
      const update = {
        id: request.getId(),
        state: decode(request.getOlds()).values,
        inputs: news.values,
        ignoreChanges: request.getIgnorechangesList(),
      };
      const marked = outputSecrets(type, news.secrets);
      const run = about(request, request.getTimeout());
      const outputs = request.getPreview()
        ? type.previewUpdate(update)
        : (await marking(marked, () => type.update(run, update))).outputs;
      const response = new rpc.UpdateResponse();
      response.setProperties(encode(outputs, marked));
      return response;
    }),

    delete: unary(async (request: Rpc.DeleteRequest) => {
      const outputs = decode(request.getProperties()).values;
      await typeOf(request).delete(about(request, request.getTimeout()), { id: request.getId(), outputs });
      return new empty.Empty();
    }),

    invoke: unary(async (request: Rpc.InvokeRequest) => {
      const called = provider().functions[request.getTok()];
      if (called === undefined) {
        throw new Error(
          `The stand-in ${definition.name} plugin does not know the function ${request.getTok()}.`,
        );
      }
      const { values, secrets } = decode(request.getArgs());
      const response = new rpc.InvokeResponse();
      const failures = called.check(values);
      if (failures.length > 0) response.setFailuresList(failures.map(failureMessage));
      else {
        const result = await called.call(operation("", request.getTok(), 0), values);
        response.setReturn(encode(result, secrets));
      }
      return response;
    }),

    cancel: unary(() => {
      cancelled.abort();
      return new empty.Empty();
    }),
  };
}

/** A resource's type and name, from its URN (`urn:pulumi:stack::project::parent$type::name`). */
export function parseUrn(urn: string): { type: string; name: string } {
  const [, , types = "", ...name] = urn.split("::");
  return { type: types.slice(types.lastIndexOf("$") + 1), name: name.join("::") };
}

function unary<Request, Response>(
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

async function marking<T>(secrets: readonly Path[], run: () => Promise<T>): Promise<T> {
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

function checkResponse(
  inputs: Properties,
  failures: readonly Failure[],
  secrets: readonly Path[],
): Rpc.CheckResponse {
  const response = new rpc.CheckResponse();
  response.setInputs(encode(inputs, secrets));
  response.setFailuresList(failures.map(failureMessage));
  return response;
}

function failureMessage(failure: Failure): Rpc.CheckFailure {
  const message = new rpc.CheckFailure();
  message.setProperty(failure.property);
  message.setReason(failure.reason);
  return message;
}

function diffResponse({ changes, deleteBeforeReplace }: Difference): Rpc.DiffResponse {
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

function withoutReserved(values: Properties): Properties {
  return Object.fromEntries(Object.entries(values).filter(([key]) => !isReserved(key)));
}
