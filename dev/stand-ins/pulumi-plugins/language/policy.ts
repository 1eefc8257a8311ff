// Runs a policy pack for the engine, behind a small proxy that learns the stack's configuration before the pack starts.
import { credentials, Server, ServerCredentials, status } from "@grpc/grpc-js";
import type {
  handleUnaryCall,
  MethodDefinition,
  ServiceDefinition,
  UntypedServiceImplementation,
} from "@grpc/grpc-js";
import analyzergrpc from "@pulumi/pulumi/proto/analyzer_grpc_pb.js";
import analyzerpb from "@pulumi/pulumi/proto/analyzer_pb.js";
import type { AnalyzerStackConfigureRequest } from "@pulumi/pulumi/proto/analyzer_pb.js";
import type { RunPluginRequest } from "@pulumi/pulumi/proto/language_pb.js";
import { createInterface } from "node:readline";
import { locate, startNode } from "./children.ts";
import { optionEnvironment, readOptions } from "./options.ts";

/** Where a pack's own output goes, and what ends it. */
export interface PackStreams {
  readonly stdout: (chunk: Buffer) => void;
  readonly stderr: (chunk: Buffer) => void;
  readonly signal: AbortSignal;
}

type Client = InstanceType<typeof analyzergrpc.AnalyzerClient>;

/**
 * Runs a pack until `signal` ends it, and gives its exit code.
 *
 * Packs read the stack's name and configuration from their environment. Both are known only when the engine has called
 * ConfigureStack. The proxy answers that call, starts the pack, and passes all other calls on.
 * https://github.com/pulumi/pulumi/blob/v3.259.0/sdk/policy_proxy.go
 */
export async function runPolicyPack(request: RunPluginRequest, streams: PackStreams): Promise<number> {
  const configured = deferred<AnalyzerStackConfigureRequest | undefined>();
  const pack = deferred<Client>();
  // Possibly no call waits for the pack when it fails to start. The exit code then shows the failure.
  pack.promise.catch(() => undefined);
  const server = proxy(configured, pack.promise);
  try {
    streams.stdout(Buffer.from(`${String(await listen(server))}\n`));
    const exit = await start(request, await configured.promise, streams, pack);
    pack.reject(new Error(`The policy pack ended with exit code ${String(exit)}.`));
    return exit;
  } finally {
    server.forceShutdown();
  }
}

/** What the pack learns about its stack, as environment variables. */
function stackEnvironment(stack: AnalyzerStackConfigureRequest | undefined): Record<string, string> {
  if (stack === undefined) return {};
  const entries: [string, string][] = [
    ["PULUMI_NODEJS_ORGANIZATION", stack.getOrganization()],
    ["PULUMI_NODEJS_PROJECT", stack.getProject()],
    ["PULUMI_NODEJS_STACK", stack.getStack()],
    ["PULUMI_NODEJS_DRY_RUN", String(stack.getDryRun())],
    ["PULUMI_CONFIG", JSON.stringify(Object.fromEntries(stack.getConfigMap().entries()))],
  ];
  return Object.fromEntries(entries.filter(([, value]) => value !== ""));
}

async function start(
  request: RunPluginRequest,
  stack: AnalyzerStackConfigureRequest | undefined,
  streams: PackStreams,
  pack: Deferred<Client>,
): Promise<number> {
  const folder = request.getInfo()?.getProgramDirectory() ?? request.getPwd();
  const options = readOptions(request.getInfo()?.getOptions());
  const given = Object.fromEntries(
    request
      .getEnvList()
      .map((entry) => [entry.slice(0, entry.indexOf("=")), entry.slice(entry.indexOf("=") + 1)]),
  );
  // The official host puts nodeargs after the script too, where they do not reach Node.
  const { child, exit } = startNode(
    [
      locate("@pulumi/pulumi/cmd/run-policy-pack", folder),
      ...options.nodeargs,
      ...request.getArgsList(),
      folder,
    ],
    {
      cwd: folder,
      env: { ...given, ...optionEnvironment(options), ...stackEnvironment(stack) },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  const stop = () => child.kill("SIGTERM");
  streams.signal.addEventListener("abort", stop, { once: true });
  if (streams.signal.aborted) stop();
  child.stderr?.on("data", streams.stderr);
  if (child.stdout !== null) {
    let port: string | undefined;
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (port !== undefined) streams.stdout(Buffer.from(`${line}\n`));
      else attach((port = line), stack, pack);
    });
  }
  const { code, signal } = await exit;
  return signal !== null && streams.signal.aborted ? 0 : (code ?? 1);
}

function attach(
  port: string,
  stack: AnalyzerStackConfigureRequest | undefined,
  pack: Deferred<Client>,
): void {
  const client = new analyzergrpc.AnalyzerClient(`127.0.0.1:${port}`, credentials.createInsecure(), LIMITS);
  if (stack === undefined) {
    pack.resolve(client);
    return;
  }
  client.configureStack(stack, (error) => {
    // Packs built with older SDKs do not know the call: they have their environment.
    if (error === null || error.code === status.UNIMPLEMENTED) pack.resolve(client);
    else pack.reject(error);
  });
}

/** Room for the largest stacks: the engine's own limit, in bytes. */
const LIMITS = {
  "grpc.max_receive_message_length": 1024 * 1024 * 400,
  "grpc.max_send_message_length": 1024 * 1024 * 400,
};

function proxy(
  configured: Deferred<AnalyzerStackConfigureRequest | undefined>,
  pack: Promise<Client>,
): Server {
  const server = new Server(LIMITS);
  const implementation: UntypedServiceImplementation = {};
  for (const [name, method] of Object.entries(analyzergrpc.AnalyzerService as ServiceDefinition)) {
    implementation[name] = forward(method, configured, pack);
  }
  const handshake: handleUnaryCall<unknown, unknown> = (_call, callback) =>
    callback(null, new analyzerpb.AnalyzerHandshakeResponse());
  const configureStack: handleUnaryCall<AnalyzerStackConfigureRequest, unknown> = ({ request }, callback) => {
    configured.resolve(request);
    callback(null, new analyzerpb.AnalyzerStackConfigureResponse());
  };
  server.addService(analyzergrpc.AnalyzerService, { ...implementation, handshake, configureStack });
  return server;
}

function forward(
  method: MethodDefinition<unknown, unknown>,
  configured: Deferred<AnalyzerStackConfigureRequest | undefined>,
  pack: Promise<Client>,
): handleUnaryCall<unknown, unknown> {
  return ({ request }, callback) => {
    // Some commands never configure a stack (e.g. `policy publish`): then the pack starts without one.
    configured.resolve(undefined);
    const { path, requestSerialize, responseDeserialize } = method;
    pack.then(
      (client) =>
        client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, (error, response) =>
          callback(error, response),
        ),
      (error: unknown) =>
        callback({ code: status.UNKNOWN, details: error instanceof Error ? error.message : String(error) }),
    );
  };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
      error === null ? resolve(port) : reject(error),
    );
  });
}

interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

function deferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, resolve, reject };
}
