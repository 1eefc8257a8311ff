// The engine's LanguageRuntime service for Node programs: runs programs and policy packs, names the plugins they need.
import { status } from "@grpc/grpc-js";
import type { handleServerStreamingCall, handleUnaryCall, UntypedServiceImplementation } from "@grpc/grpc-js";
import languagepb from "@pulumi/pulumi/proto/language_pb.js";
import type * as Language from "@pulumi/pulumi/proto/language_pb.js";
import plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import { interruptChildren } from "./children.ts";
import { requiredPlugins } from "./packages.ts";
import { runPolicyPack } from "./policy.ts";
import { runProgram } from "./program.ts";

/** The kind of plugin that a policy pack is. */
const ANALYZER = "analyzer";

/** Builds the service. Code generation, templates and package installation are the official CLI's business. */
export function languageService(version: string, engineAddress: string): UntypedServiceImplementation {
  return {
    getPluginInfo: unary(() => {
      const info = new plugin.PluginInfo();
      info.setVersion(version);
      return info;
    }),
    handshake: unary(() => new languagepb.LanguageHandshakeResponse()),
    getRequiredPackages: unary((request: Language.GetRequiredPackagesRequest) => {
      const response = new languagepb.GetRequiredPackagesResponse();
      for (const needed of requiredPlugins(request.getInfo()?.getProgramDirectory() ?? ".")) {
        const dependency = new plugin.PackageDependency();
        dependency.setName(needed.name);
        dependency.setKind("resource");
        dependency.setVersion(needed.version);
        response.addPackages(dependency);
      }
      return response;
    }),
    about: unary(() => {
      const response = new languagepb.AboutResponse();
      response.setExecutable(process.execPath);
      response.setVersion(process.version);
      return response;
    }),
    run: unary((request: Language.RunRequest) => runProgram(request, engineAddress)),
    runPlugin,
    cancel: unary(() => {
      interruptChildren();
      return new empty.Empty();
    }),
  };
}

const runPlugin: handleServerStreamingCall<Language.RunPluginRequest, Language.RunPluginResponse> = (
  call,
) => {
  const stopped = new AbortController();
  call.on("cancelled", () => stopped.abort());
  const say = (fill: (response: Language.RunPluginResponse) => void) => {
    const response = new languagepb.RunPluginResponse();
    fill(response);
    if (!stopped.signal.aborted) call.write(response);
  };
  const fail = (error: unknown) =>
    call.destroy(
      Object.assign(error instanceof Error ? error : new Error(String(error)), { code: status.UNKNOWN }),
    );
  if (call.request.getKind() !== ANALYZER) {
    fail(new Error(`The stand-in language host runs policy packs, no ${call.request.getKind()} plugins.`));
    return;
  }
  runPolicyPack(call.request, {
    stdout: (chunk) => say((response) => response.setStdout(chunk)),
    stderr: (chunk) => say((response) => response.setStderr(chunk)),
    signal: stopped.signal,
  }).then((code) => {
    say((response) => response.setExitcode(code));
    call.end();
  }, fail);
};

function unary<Request, Response>(
  handle: (request: Request) => Response | Promise<Response>,
): handleUnaryCall<Request, Response> {
  return ({ request }, callback) => {
    Promise.resolve()
      .then(() => handle(request))
      .then(
        (response) => callback(null, response),
        (error: unknown) =>
          callback({ code: status.UNKNOWN, details: error instanceof Error ? error.message : String(error) }),
      );
  };
}
