// The stand-in for the plugin pulumi-resource-vault 7.8.0.
import manifest from "@pulumi/vault/package.json" with { type: "json" };
import { serveProvider } from "../provider/serve.ts";
import { vaultProvider } from "./provider.ts";

await serveProvider(vaultProvider(manifest.version, process.env));
