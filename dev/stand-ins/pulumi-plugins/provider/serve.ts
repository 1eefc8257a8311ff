// Runs a plugin process as the engine expects it: a port on stdout, and an end when the engine is gone.
import { Server, ServerCredentials } from "@grpc/grpc-js";
import type { ServiceDefinition, UntypedServiceImplementation } from "@grpc/grpc-js";
import providergrpc from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import { connectEngine } from "./engine.ts";
import type { ProviderDefinition } from "./resource.ts";
import { providerService } from "./service.ts";

/** The engine's own limit for one message, in bytes. */
const MAX_MESSAGE_BYTES = 1024 * 1024 * 400;

/** Serves a provider plugin until the engine ends. The engine's address is the last argument. */
export async function serveProvider(definition: ProviderDefinition, isBusy?: () => boolean): Promise<void> {
  const engine = connectEngine(engineAddress());
  await serve(providergrpc.ResourceProviderService, providerService(definition, engine), isBusy);
}

/**
 * The engine's address (`host:port`), the last argument of every plugin.
 * @throws Error when the plugin was started by hand.
 */
export function engineAddress(): string {
  const address = process.argv.at(-1) ?? "";
  if (/^[\w.[\]:-]+:\d+$/.test(address)) return address;
  throw new Error("This is a plugin of the Pulumi engine: it is started by `pulumi`, not by hand.");
}

/**
 * Serves one gRPC service on a free loopback port, prints that port, and ends the process when the
 * engine ends: the engine holds our stdin open as long as it lives.
 * @param isBusy whether children are at work that must not outlive the engine. What a finished command left
 *   running in the background is not ended.
 */
export async function serve(
  service: ServiceDefinition,
  implementation: UntypedServiceImplementation,
  isBusy: () => boolean = () => false,
): Promise<void> {
  const server = new Server({
    "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
    "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
  });
  server.addService(service, implementation);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });

  const end = () => {
    if (isBusy()) killProcessGroup();
    process.exit(0);
  };
  process.stdin.on("end", end).on("error", end).resume();
  process.once("SIGINT", end).once("SIGTERM", end);
  process.stdout.write(`${String(port)}\n`);
}

/**
 * Kills this process with all its descendants. The engine starts each plugin as the leader of a process
 * group of its own, which shells and what they run stay in; a plugin that leads none ends alone.
 */
function killProcessGroup(): void {
  try {
    process.kill(-process.pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
