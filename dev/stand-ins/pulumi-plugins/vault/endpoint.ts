// vault:generic/endpoint:Endpoint on the server.
import type { ServerOperations } from "../provider/terraform.ts";
import { isList } from "../provider/value.ts";
import type { Properties, Value } from "../provider/value.ts";
import { asJson } from "./connection.ts";
import type { Connection } from "./connection.ts";
import { goJson, parseObject } from "./go-json.ts";
import { textOf } from "../provider/properties.ts";

/**
 * What a write answered, for the outputs that only a write gives: kept by the path until the read that follows.
 * https://github.com/hashicorp/terraform-provider-vault/blob/v5.8.0/vault/resource_generic_endpoint.go
 */
export function endpointOperations(vault: Connection): ServerOperations {
  const written = new Map<string, Properties>();

  const write = async (path: string, planned: Properties) => {
    const namespace = textOf(planned, "namespace");
    const answer = await vault.write(path, parseObject(textOf(planned, "dataJson")), namespace);
    written.set(`${namespace}\n${path}`, writeOutputs(planned, answer["data"]));
    return path;
  };

  return {
    create: (_operation, planned) => write(textOf(planned, "path"), planned),
    update: (_operation, id, planned) => write(id, planned),

    async read(_operation, id, state) {
      const namespace = textOf(state, "namespace");
      const outputs = written.get(`${namespace}\n${id}`) ?? {};
      written.delete(`${namespace}\n${id}`);
      if (state["disableRead"] === true) return outputs;
      const answer = await vault.read(id, namespace);
      if (answer === undefined) return undefined;
      const found = asJson(answer["data"]);
      const dataJson =
        state["ignoreAbsentFields"] === true
          ? onlyKnown(parseObject(textOf(state, "dataJson")), found)
          : found;
      return { ...outputs, path: id, dataJson: goJson(dataJson) };
    },

    async delete(_operation, id, state) {
      if (state["disableDelete"] === true) return;
      await vault.remove(id, textOf(state, "namespace"));
    },
  };
}

/** Of what the server has, the fields that were given; a field that the server has not stays as given. */
function onlyKnown(given: Readonly<Record<string, unknown>>, found: Readonly<Record<string, unknown>>) {
  return Object.fromEntries(
    Object.entries(given).map(([key, value]) => [key, Object.hasOwn(found, key) ? found[key] : value]),
  );
}

function writeOutputs(planned: Properties, data: unknown): Properties {
  if (data === undefined || data === null) return { writeDataJson: "null", writeData: {} };
  const answered = asJson(data);
  const wanted = planned["writeFields"];
  const fields = (isList(wanted) ? wanted : []).filter(
    (field): field is string => typeof field === "string" && Object.hasOwn(answered, field),
  );
  const kept = Object.fromEntries(fields.map((field) => [field, answered[field]]));
  const texts = fields.map((field): [string, Value] => {
    const value = answered[field];
    return [field, typeof value === "string" ? value : goJson(value)];
  });
  return { writeDataJson: goJson(kept), writeData: Object.fromEntries(texts) };
}
