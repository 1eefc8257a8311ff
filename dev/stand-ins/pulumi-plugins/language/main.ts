// The stand-in for the language host pulumi-language-nodejs, which comes with Pulumi's releases only.
import languagegrpc from "@pulumi/pulumi/proto/language_grpc_pb.js";
import manifest from "pulumi/package.json" with { type: "json" };
import { engineAddress, serve } from "../provider/serve.ts";
import { hasChildren } from "./children.ts";
import { languageService } from "./host.ts";

await serve(
  languagegrpc.LanguageRuntimeService,
  languageService(manifest.version, engineAddress()),
  hasChildren,
);
