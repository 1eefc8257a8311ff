// The stand-in for the plugin pulumi-resource-docker 5.0.0.
import manifest from "@pulumi/docker/package.json" with { type: "json" };
import { serveProvider } from "../provider/serve.ts";
import { dockerProvider } from "./provider.ts";

await serveProvider(dockerProvider(manifest.version, process.env));
