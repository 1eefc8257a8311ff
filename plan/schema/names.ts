/** Names that reach Vault, systemd, Docker, paths and shells: what each of them may look like. */
import { lookAlike, matching, nameRule, notA, text, type Complaint } from "./kinds.ts";

/** `prod`: no dash, because it is part of globs (`claude-prod-*` must never match another fleet's names). */
export const fleetName = matching(
  "a fleet's name: a lower-case letter, then lower-case letters and digits, 20 at most",
  "prod",
  /^[a-z][a-z0-9]*$/,
  20,
);

/** What is wrong with a workstation's name in this fleet, which is part of resource names and of token metadata. */
export const hostNameComplaint = nameRule(
  "a name of lower-case letters, digits, dots and dashes, 63 characters at most",
  "devvm",
  /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/,
  63,
);

/** Endings that would make `claude-auth-sync@<user>` read as a whole unit name, or as a drop-in folder. */
const UNIT_ENDING =
  /\.(?:service|timer|path|socket|target|mount|automount|swap|slice|scope|device|snapshot|busname|d|wants|requires|conf)$/;

/** Accounts that nobody signs in as. */
const NOBODYS = ["root", "nobody"];

/** What is wrong with a Linux user name; undefined when it is one that works all the way through. */
export function userNameComplaint(name: string): Complaint | undefined {
  const rule =
    "a user name: a lower-case letter or _, then lower-case letters, digits, and . _ - inside, 32 characters at most";
  if (name.length > 32 || !/^[a-z_](?:[a-z0-9._-]*[a-z0-9_-])?$/.test(name) || name.includes("..")) {
    const { message, remedy } = notA(rule, "alice, john.doe or anca_elena98");
    return { message: message + lookAlike(name), remedy };
  }
  if (NOBODYS.includes(name)) {
    return {
      message: "this account is nobody's own, and each user signs in as themselves",
      remedy: "Name the person's own account.",
    };
  }
  if (UNIT_ENDING.test(name)) {
    return {
      message: "this name ends like a systemd unit's and would be read as one",
      remedy: "Give the user an account whose name has another ending.",
    };
  }
  return undefined;
}

/** What is wrong with a token's name. */
export const tokenNameComplaint = nameRule(
  "a token's name: a lower-case letter, then lower-case letters, digits and dashes, 32 at most",
  "platform",
  /^[a-z](?:[a-z0-9-]*[a-z0-9])?$/,
  32,
);

/** A service's name, as compose has it. */
export const serviceName = matching(
  "a service's name: lower-case letters, digits, and . _ - inside, 63 characters at most",
  "backend-gateway",
  /^[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?$/,
  63,
);

/** Docker's rule for names. Source: https://github.com/moby/moby/blob/v28.2.2/daemon/names/names.go */
export const containerName = matching(
  "a container's name: a letter or digit, then letters, digits, and _ . -, 128 at most",
  "platform-backend-gateway",
  /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/,
  128,
);

/** A Docker network's name. */
export const networkName = matching(
  "a network's name: a letter or digit, then letters, digits, and _ . -, 128 at most",
  "platform",
  /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/,
  128,
);

/** Docker's `--user`: names or numbers, with an optional group. */
export const containerUser = matching(
  "a user of the image, with an optional group",
  "1000:1000",
  /^[a-z0-9_][a-z0-9_.-]*(?::[a-z0-9_][a-z0-9_.-]*)?$/,
  65,
);

/**
 * An image's reference, with a tag or a digest, or an image's id.
 * Source: https://github.com/distribution/reference/blob/v0.6.0/reference.go
 */
export const imageReference = text(
  "an image's reference",
  "registry.example.net/platform/backend@sha256:…",
  (value) => {
    const component = "[a-z0-9]+(?:(?:\\.|_{1,2}|-+)[a-z0-9]+)*";
    const domain = "(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?(?::[0-9]{1,5})?/)?";
    const name = `${domain}${component}(?:/${component})*`;
    const pattern = new RegExp(
      `^(?:${name}(?::\\w[\\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?|sha256:[0-9a-f]{64})$`,
    );
    if (value.length > 400 || !pattern.test(value)) {
      return notA(
        "an image's reference, best with its digest",
        "registry.example.net/platform/backend@sha256:<64 digits>",
      );
    }
    return undefined;
  },
);

/** Name of an environment variable. */
export function isVariableName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(name);
}
