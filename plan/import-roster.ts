/** Reads the roster of the original, which claude-fleet replaces, and writes a roster of claude-fleet from it. */
import { stringify } from "yaml";
import { isMapping } from "../lib/is-mapping.ts";
import { checkName } from "./entries.ts";
import { compareText } from "../lib/order.ts";
import type { ProblemList } from "./problems.ts";
import { email as emailSchema } from "./schema/places.ts";
import { userName } from "./schema/names.ts";
import { parseYaml, plainData } from "./yaml-source.ts";

/** What the original's roster does not say. */
export interface ImportFacts {
  /** Name of the one workstation, and how it is reached. */
  readonly workstation: string;
  readonly ssh: string;
  /** The domain of accounts that are not addresses. Undefined: every account must be an address. */
  readonly emailDomain: string | undefined;
}

/** One user, as both rosters have them. */
export interface ImportedUser {
  readonly name: string;
  readonly email: string;
  readonly renewal: boolean;
  /** Why the user is not renewed, in the words of the original. Undefined when the user is renewed. */
  readonly why: "parked" | "claude_auth: false" | undefined;
}

/** What was read from the roster of the original. */
export interface ImportedRoster {
  /** Sorted by name. */
  readonly users: readonly ImportedUser[];
  readonly problems: ProblemList;
}

/** Reads the roster of the original. Keys that have no meaning here are ignored. */
export function readOriginalRoster(file: string, text: string, facts: ImportFacts): ImportedRoster {
  const source = parseYaml(file, text);
  const { problems } = source;
  const data = plainData(source);
  const users = isMapping(data) ? data["users"] : undefined;
  if (!isMapping(users)) {
    problems.add(["users"], {
      message: "is missing",
      remedy: "Name the original's roster.yaml, which has users.",
    });
    return { users: [], problems };
  }
  const read = Object.entries(users).flatMap(([name, entry]) => readUser(name, entry, facts, problems) ?? []);
  return { users: read.toSorted((a, b) => compareText(a.name, b.name)), problems };
}

function readUser(
  name: string,
  entry: unknown,
  facts: ImportFacts,
  problems: ProblemList,
): ImportedUser | undefined {
  const path = ["users", name];
  checkName(userName, name, path, problems);
  if (!isMapping(entry)) {
    problems.add(path, {
      message: "must be a map",
      remedy: "Correct the entry, or remove it.",
      value: entry,
    });
    return undefined;
  }
  const flag = (key: string, otherwise: boolean) => {
    const value = entry[key] ?? otherwise;
    if (typeof value === "boolean") return value;
    problems.add([...path, key], { message: "must be true or false", remedy: "Correct the value.", value });
    return otherwise;
  };
  const [parked, renewed] = [flag("parked", false), flag("claude_auth", true)];
  const why = parked ? "parked" : renewed ? undefined : "claude_auth: false";
  const address = emailOf(entry["authentik_user"], facts.emailDomain);
  if (!emailSchema.safeParse(address).success) {
    problems.add([...path, "authentik_user"], {
      message: "is no address to sign in with",
      remedy: "Name your domain by --email-domain, or write the user's address here.",
      value: entry["authentik_user"],
    });
    return undefined;
  }
  return { name, email: String(address), renewal: why === undefined, why };
}

function emailOf(account: unknown, domain: string | undefined): unknown {
  if (typeof account !== "string" || account.includes("@") || domain === undefined) return account;
  return `${account}@${domain}`;
}

/** Returns the roster of claude-fleet as YAML. */
export function renderRoster(users: readonly ImportedUser[], { workstation, ssh }: ImportFacts): string {
  const roster = {
    workstations: { [workstation]: { ssh } },
    users: Object.fromEntries(
      users.map(({ name, email, renewal }) => [
        name,
        { workstation, email, ...(renewal ? {} : { renewal }) },
      ]),
    ),
  };
  return stringify(roster);
}
