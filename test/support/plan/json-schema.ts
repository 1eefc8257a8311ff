/** Checks files by the committed JSON Schemas, as an editor does. */
import { readFileSync } from "node:fs";
import { Ajv, type ErrorObject } from "ajv";
import { parse } from "yaml";

function validator(name: "roster" | "settings"): (data: unknown) => readonly string[] {
  const file = new URL(`../../../schema/${name}.schema.json`, import.meta.url);
  const schema = JSON.parse(readFileSync(file, "utf8")) as object;
  // The schema's patterns say what these formats are.
  const formats = { ipv4: true, ipv6: true } as const;
  const validate = new Ajv({ allErrors: true, allowUnionTypes: true, formats }).compile(schema);
  const described = ({ instancePath, message }: ErrorObject) => `${instancePath} ${message ?? ""}`;
  return (data) => (validate(data) ? [] : (validate.errors ?? []).map(described));
}

/** Returns what is wrong with a roster, or with the value of a stack's file; empty when nothing is. */
export const complaintsByEditor = { roster: validator("roster"), settings: validator("settings") };

/** Returns what is wrong with the text of a roster; empty when nothing is. */
export const rosterComplaints = (text: string) => complaintsByEditor.roster(parse(text));

/** Returns what is wrong with the text of a stack's file; empty when nothing is. */
export const settingsComplaints = (text: string) => complaintsByEditor.settings(parse(text));
