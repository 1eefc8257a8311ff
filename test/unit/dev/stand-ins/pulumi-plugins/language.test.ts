import languagepb from "@pulumi/pulumi/proto/language_pb.js";
import { expect, it } from "vitest";
import { refuse } from "../../../../../dev/stand-ins/pulumi-plugins/language/program.ts";

function refusalWith(config: Readonly<Record<string, string>>): string | undefined {
  const request = new languagepb.RunRequest();
  request.setStack("prod");
  for (const [key, value] of Object.entries(config)) request.getConfigMap().set(key, value);
  return refuse(request);
}

it.each<[string, Readonly<Record<string, string>>, string | undefined]>([
  ["runs a stack that allows the stand-ins", { "claude-fleet-dev:plugins": "stand-in" }, undefined],
  ["runs a stack of an earlier version", { "claude-fleet:plugins": "stand-in" }, undefined],
  ["refuses a stack that says nothing", {}, "Pulumi.prod.yaml does not set it"],
  ["refuses a stack of the official plugins", { "claude-fleet-dev:plugins": "official" }, 'has "official"'],
  ["refuses one of an earlier version", { "claude-fleet:plugins": "official" }, 'has "official"'],
  [
    "believes the newer of two settings",
    { "claude-fleet-dev:plugins": "official", "claude-fleet:plugins": "stand-in" },
    'has "official"',
  ],
])("the stand-in language host %s", (_, config, why) => {
  if (why === undefined) expect(refusalWith(config)).toBeUndefined();
  else expect(refusalWith(config)).toContain(why);
});
