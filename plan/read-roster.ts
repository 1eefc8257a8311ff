/** Reads the roster: workstations and users. */
import { readMap, type Entries } from "./entries.ts";
import { nearest } from "./nearest.ts";
import type { ProblemList } from "./problems.ts";
import { refuseSecrets } from "./refuse-secrets.ts";
import { isMapping, unknownKey } from "./schema/kinds.ts";
import { hostNameComplaint, userNameComplaint } from "./schema/names.ts";
import { ROSTER_KEYS, user, workstation, type UserEntry, type WorkstationEntry } from "./schema/roster.ts";
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
  if (!isMapping(roster)) {
    problems.add([], {
      message: roster === undefined || roster === null ? "the roster is empty" : "the roster must be a map",
      remedy: `Write the keys ${ROSTER_KEYS.join(" and ")}.`,
    });
    return { workstations: [], users: [], problems };
  }
  for (const key of Object.keys(roster)) {
    if ((ROSTER_KEYS as readonly string[]).includes(key)) continue;
    problems.add([key], { ...unknownKey(key, ROSTER_KEYS), part: "key" });
  }
  const workstations = readMap(
    roster["workstations"],
    ["workstations"],
    workstation,
    problems,
    hostNameComplaint,
  );
  const users = readMap(roster["users"], ["users"], user, problems, userNameComplaint);
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
  refuseSecrets(roster, [], problems);
  return { workstations, users, problems };
}
