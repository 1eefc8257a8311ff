/** Reads the roster: workstations and users. */
import { isMapping } from "../lib/is-mapping.ts";
import { readMap, type Entries } from "./entries.ts";
import { nearest } from "../lib/nearest-word.ts";
import type { ProblemList } from "./problems.ts";
import { refuseSecrets } from "./refuse-secrets.ts";
import { unknownKey } from "./schema/complaint.ts";
import { roster as schema, type UserEntry, type WorkstationEntry } from "./schema/roster.ts";
import { parseYaml, plainData } from "./yaml-source.ts";

/** What was read. */
export interface ReadRoster {
  readonly workstations: Entries<WorkstationEntry>;
  readonly users: Entries<UserEntry>;
  readonly problems: ProblemList;
}

/** Reads the text of the roster. */
export function readRoster(file: string, text: string): ReadRoster {
  const source = parseYaml(file, text);
  const { problems } = source;
  const roster = plainData(source);
  const keys = Object.keys(schema.shape);
  if (!isMapping(roster)) {
    problems.add([], {
      message: roster === undefined || roster === null ? "the roster is empty" : "the roster must be a map",
      remedy: `Write the keys ${keys.join(" and ")}.`,
    });
    return { workstations: [], users: [], problems };
  }
  for (const key of Object.keys(roster).filter((name) => !keys.includes(name))) {
    problems.add([key], { ...unknownKey(key, keys), part: "key" });
  }
  const { workstations, users } = schema.shape;
  const read = {
    workstations: readMap(workstations, roster["workstations"], ["workstations"], problems),
    users: readMap(users, roster["users"], ["users"], problems),
    problems,
  };
  checkWorkstationNames(read);
  refuseSecrets(roster, [], problems);
  return read;
}

function checkWorkstationNames({ workstations, users, problems }: ReadRoster): void {
  const names = workstations.map(({ name }) => name);
  for (const { name, raw } of users) {
    const wanted = isMapping(raw) ? raw["workstation"] : undefined;
    if (typeof wanted !== "string" || wanted === "" || names.includes(wanted)) continue;
    const meant = nearest(wanted, names);
    const known =
      names.length === 0 ? "Add it under workstations." : `Known are ${names.slice(0, 10).join(", ")}.`;
    problems.add(["users", name, "workstation"], {
      message: "no workstation of this name is in the roster",
      remedy: meant === undefined ? known : `Did you mean "${meant}"?`,
      value: wanted,
    });
  }
}
