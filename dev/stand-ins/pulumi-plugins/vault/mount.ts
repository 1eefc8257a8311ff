// vault:index/mount:Mount on the server.
import { setTimeout as sleep } from "node:timers/promises";
import type { ServerOperations } from "../provider/terraform.ts";
import type { Properties } from "../provider/value.ts";
import { asJson, VaultError } from "./connection.ts";
import type { Connection, Json } from "./connection.ts";
import { numberOf, textMapOf, textOf, valueOf } from "../provider/properties.ts";

/** How long a remount may take, in seconds. */
const REMOUNT_SECONDS = 60;

/** https://github.com/hashicorp/terraform-provider-vault/blob/v5.8.0/vault/resource_mount.go */
export function mountOperations(vault: Connection): ServerOperations {
  return {
    async create(_operation, planned) {
      const path = textOf(planned, "path");
      const body = {
        type: textOf(planned, "type"),
        description: textOf(planned, "description"),
        config: leaseConfig(planned),
        local: planned["local"] === true,
        options: textMapOf(planned, "options"),
        seal_wrap: planned["sealWrap"] === true,
        external_entropy_access: planned["externalEntropyAccess"] === true,
      };
      await vault.write(`sys/mounts/${path}`, body, textOf(planned, "namespace"));
      return path;
    },

    async read(_operation, id, state) {
      const mount = await readMount(vault, id, textOf(state, "namespace"));
      return mount === undefined ? undefined : mountProperties(id, asJson(mount["data"]), state);
    },

    async update(_operation, id, planned, state) {
      const namespace = textOf(planned, "namespace");
      const path = textOf(planned, "path");
      if (path !== id) await remount(vault, id, path, namespace);
      const description = textOf(planned, "description");
      const body = {
        ...leaseConfig(planned),
        options: textMapOf(planned, "options"),
        ...(description === textOf(state, "description") ? {} : { description }),
      };
      await vault.write(`sys/mounts/${path}/tune`, body, namespace);
      return path;
    },

    async delete(_operation, id, state) {
      await vault.remove(`sys/mounts/${id}`, textOf(state, "namespace"));
    },
  };
}

/** A missing mount is answered with status 400 and this text. */
async function readMount(vault: Connection, path: string, namespace: string): Promise<Json | undefined> {
  try {
    return await vault.read(`sys/mounts/${path}`, namespace);
  } catch (error) {
    const missing = error instanceof VaultError && error.status === 400;
    if (missing && error.message.includes("No secret engine mount at")) return undefined;
    throw error;
  }
}

function leaseConfig(planned: Properties) {
  return {
    default_lease_ttl: `${String(numberOf(planned, "defaultLeaseTtlSeconds"))}s`,
    max_lease_ttl: `${String(numberOf(planned, "maxLeaseTtlSeconds"))}s`,
  };
}

async function remount(vault: Connection, from: string, to: string, namespace: string): Promise<void> {
  const answer = await vault.write("sys/remount", { from, to }, namespace);
  const id = asJson(answer?.["data"])["migration_id"];
  if (typeof id !== "string") return;
  for (let waited = 0; waited < REMOUNT_SECONDS; waited++) {
    const state = await vault.read(`sys/remount/status/${id}`, namespace);
    const status = asJson(asJson(state?.["data"])["migration_info"])["status"];
    if (status === "success") return;
    if (status === "failure")
      throw new Error(`Vault could not move the mount ${from} to ${to}: see its log.`);
    await sleep(1000);
  }
  throw new Error(
    `Vault has been moving the mount ${from} to ${to} for ${String(REMOUNT_SECONDS)} s: look at its log.`,
  );
}

function mountProperties(path: string, mount: Json, state: Properties): Properties {
  const config = asJson(mount["config"]);
  const options = { ...asJson(mount["options"]) };
  let type = mount["type"];
  if (textOf(state, "type") === "kv-v2" && type === "kv" && options["version"] === "2") {
    // Another name for the same engine: read back as it was given.
    type = "kv-v2";
    if (textMapOf(state, "options")["version"] === undefined) delete options["version"];
  }
  return {
    path,
    type: valueOf(type),
    description: valueOf(mount["description"] ?? ""),
    defaultLeaseTtlSeconds: valueOf(config["default_lease_ttl"]),
    maxLeaseTtlSeconds: valueOf(config["max_lease_ttl"]),
    options: valueOf(options),
    local: valueOf(mount["local"] ?? false),
    sealWrap: valueOf(mount["seal_wrap"] ?? false),
    externalEntropyAccess: valueOf(mount["external_entropy_access"] ?? false),
    accessor: valueOf(mount["accessor"]),
  };
}
