// The engine's ResourceProvider service over a plugin's definition: unpacks requests, runs the operation, packs the answer.
import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import rpc from "@pulumi/pulumi/proto/provider_pb.js";
import type * as Rpc from "@pulumi/pulumi/proto/provider_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import { marking, unary } from "./calls.ts";
import { isReserved } from "./check.ts";
import { compareValues } from "./compare.ts";
import type { Engine } from "./engine.ts";
import { outputSecrets } from "./resource.ts";
import type { ProviderDefinition } from "./resource.ts";
import { parseUrn, Session } from "./session.ts";
import { checkResponse, diffResponse, failureMessage } from "./responses.ts";
import { decode, encode } from "./value.ts";
import type { Properties } from "./value.ts";

/**
 * Builds the service for `Server.addService(ResourceProviderService, …)`. Methods of the protocol that no type here needs,
 * such as Construct and GetSchema, are left unimplemented.
 */
export function providerService(
  definition: ProviderDefinition,
  engine: Engine,
): UntypedServiceImplementation {
  const session = new Session(definition, engine);
  return {
    ...configurationMethods(session),
    ...reviewMethods(session),
    ...changeMethods(session),
    ...functionMethods(session),
    cancel: unary(() => {
      session.cancelled.abort();
      return new empty.Empty();
    }),
  };
}

/** Says what the plugin is, and takes its arguments. */
function configurationMethods(session: Session): UntypedServiceImplementation {
  return {
    handshake: unary(() => {
      const response = new rpc.ProviderHandshakeResponse();
      response.setAcceptSecrets(true);
      return response;
    }),

    getPluginInfo: unary(() => {
      const response = new plugin.PluginInfo();
      response.setVersion(session.definition.version);
      return response;
    }),

    checkConfig: unary((request: Rpc.CheckRequest) => {
      const news = decode(request.getNews());
      return checkResponse(
        news.values,
        session.definition.checkConfig(withoutReserved(news.values)),
        news.secrets,
      );
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
      session.configured = session.definition.configure(withoutReserved(decode(request.getArgs()).values));
      const response = new rpc.ConfigureResponse();
      response.setAcceptsecrets(true);
      response.setSupportspreview(true);
      return response;
    }),
  };
}

/** Checks inputs, compares them with the state, and reads resources. */
function reviewMethods(session: Session): UntypedServiceImplementation {
  return {
    check: unary((request: Rpc.CheckRequest) => {
      const news = decode(request.getNews());
      const { name } = parseUrn(request.getUrn());
      const { inputs, failures } = session
        .typeOf(request)
        .check(name, news.values, decode(request.getOlds()).values);
      return checkResponse(inputs, failures, news.secrets);
    }),

    diff: unary((request: Rpc.DiffRequest) => {
      const difference = session.typeOf(request).diff({
        state: decode(request.getOlds()).values,
        oldInputs: decode(request.getOldInputs()).values,
        inputs: decode(request.getNews()).values,
        ignoreChanges: request.getIgnorechangesList(),
      });
      return diffResponse(difference);
    }),

    read: unary(async (request: Rpc.ReadRequest) => {
      const type = session.typeOf(request);
      const state = decode(request.getProperties());
      const inputs = decode(request.getInputs());
      const found = await type.read(session.about(request, 0), {
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
  };
}

/** Creates, updates and deletes resources. */
function changeMethods(session: Session): UntypedServiceImplementation {
  return {
    create: unary(async (request: Rpc.CreateRequest) => {
      const type = session.typeOf(request);
      const { values, secrets } = decode(request.getProperties());
      const run = session.about(request, request.getTimeout());
      const marked = outputSecrets(type, secrets);
      const stored = request.getPreview()
        ? type.previewCreate(run, values)
        : await marking(marked, () => type.create(run, values));
      const response = new rpc.CreateResponse();
      response.setId(stored.id);
      response.setProperties(encode(stored.outputs, marked));
      return response;
    }),

    update: unary(async (request: Rpc.UpdateRequest) => {
      const type = session.typeOf(request);
      const news = decode(request.getNews());
      const update = {
        id: request.getId(),
        state: decode(request.getOlds()).values,
        inputs: news.values,
        ignoreChanges: request.getIgnorechangesList(),
      };
      const marked = outputSecrets(type, news.secrets);
      const run = session.about(request, request.getTimeout());
      const outputs = request.getPreview()
        ? type.previewUpdate(update)
        : (await marking(marked, () => type.update(run, update))).outputs;
      const response = new rpc.UpdateResponse();
      response.setProperties(encode(outputs, marked));
      return response;
    }),

    delete: unary(async (request: Rpc.DeleteRequest) => {
      const outputs = decode(request.getProperties()).values;
      await session
        .typeOf(request)
        .delete(session.about(request, request.getTimeout()), { id: request.getId(), outputs });
      return new empty.Empty();
    }),
  };
}

function functionMethods(session: Session): UntypedServiceImplementation {
  return {
    invoke: unary(async (request: Rpc.InvokeRequest) => {
      const called = session.provider.functions[request.getTok()];
      if (called === undefined) {
        throw new Error(
          `The stand-in ${session.definition.name} plugin does not know the function ${request.getTok()}.`,
        );
      }
      const { values, secrets } = decode(request.getArgs());
      const response = new rpc.InvokeResponse();
      const failures = called.check(values);
      if (failures.length > 0) response.setFailuresList(failures.map(failureMessage));
      else {
        const result = await called.call(session.operation("", request.getTok(), 0), values);
        response.setReturn(encode(result, secrets));
      }
      return response;
    }),
  };
}

function withoutReserved(values: Properties): Properties {
  return Object.fromEntries(Object.entries(values).filter(([key]) => !isReserved(key)));
}
