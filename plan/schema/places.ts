/** Where things are: paths, URLs, ssh destinations, and how a host's root is reached. */
import { isIP } from "node:net";
import { posix } from "node:path";
import { parseDuration } from "../../lib/duration.ts";
import { readNetwork } from "../vault/bound-networks.ts";
import { kind, list, matching, notA, text, type Complaint, type Reading } from "./kinds.ts";

/** What is wrong with an absolute path: it must be what every part of the system reads in the same way. */
export function pathComplaint(path: string, example: string): Complaint | undefined {
  const what = "an absolute path without . or .. in it and without a slash at its end";
  const plain = path.length <= 4096 && !/[\p{C}\p{Zl}\p{Zp}]/u.test(path);
  return plain &&
    path.startsWith("/") &&
    path !== "/" &&
    posix.normalize(path) === path &&
    !path.endsWith("/")
    ? undefined
    : notA(what, example);
}

/** An absolute, normalised path. */
export const absolutePath = (example: string) =>
  text("an absolute path", example, (value) => pathComplaint(value, example));

/** A file's path, absolute or below the folder that the setting names; `emptyMeansNone` also takes an empty text. */
export const filePath = (example: string, { emptyMeansNone = false } = {}) =>
  text("a file's path", example, (value) => {
    if (value === "" && emptyMeansNone) return undefined;
    if (value.startsWith("~")) {
      return { message: "nothing expands ~ here", remedy: `Write the whole path, such as ${example}.` };
    }
    const plain = value !== "" && value.length <= 4096 && !/[\p{C}\p{Zl}\p{Zp}]/u.test(value);
    return plain ? undefined : notA("a file's path", example);
  });

/** Segments of a Vault path: nothing that a policy reads as a wildcard (`*`, `+`) or a template (`{{`). */
export const vaultPath = (what: string, example: string) =>
  text(what, example, (value) => {
    const segments = value.split("/");
    const fine = segments.every(
      (segment) => /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(segment) && !segment.includes(".."),
    );
    return fine && value.length <= 200
      ? undefined
      : notA(`${what}: letters, digits and . _ - between single slashes`, example);
  });

/** Vault's namespaces look the same, and the root one is empty. */
export const vaultNamespace = text("Vault's namespace", "team/platform", (value) =>
  /^(?:[A-Za-z0-9_][A-Za-z0-9_.-]*(?:\/[A-Za-z0-9_][A-Za-z0-9_.-]*)*)?$/.test(value) && value.length <= 200
    ? undefined
    : notA("a namespace without slashes at its ends, or empty for the root namespace", "team/platform"),
);

/** Loopback and private addresses, and names that only a local network resolves. */
function isLocal(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, "");
  if (isIP(bare) === 4)
    return /^(?:127|10)\.|^192\.168\.|^172\.(?:1[6-9]|2\d|3[01])\.|^169\.254\./.test(bare);
  if (isIP(bare) === 6) return /^(?:::1$|f[cd]|fe[89ab])/i.test(bare);
  return bare === "localhost" || !bare.includes(".");
}

/** An http or https URL without credentials, query or fragment; returned without a slash at its end. */
export const serverUrl = (example: string) =>
  kind("a URL", example, (value): Reading<string> => {
    const complaint = notA("the URL of a server, without user, query or fragment", example);
    if (typeof value !== "string" || value.length > 2000 || !/^https?:\/\/[^\s\p{C}\\]+$/u.test(value))
      return complaint;
    if (!URL.canParse(value)) return complaint;
    const url = new URL(value);
    if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") return complaint;
    if (url.protocol === "http:" && !isLocal(url.hostname)) {
      return {
        message: "plain http would carry tokens unencrypted to a host that is not local",
        remedy: `Write https, as in ${example}.`,
      };
    }
    return { value: url.href.replace(/\/+$/, "") };
  });

/**
 * `[user@]host`, an alias of ssh_config, or `ssh://[user@]host[:port]`. Nothing that ssh could read as an option, a
 * shell as more than one word, or ssh_config's `%` tokens as something else.
 */
export const sshDestination = text("an ssh destination", "deploy@devvm.example.net", (value) => {
  const part = "[A-Za-z0-9_][A-Za-z0-9_.-]*";
  const host = `(?:${part}|\\[[0-9A-Fa-f:.]+\\])`;
  const plain = new RegExp(`^(?:${part}@)?(?:${part}|[0-9A-Fa-f:]+)$`);
  const url = new RegExp(`^ssh://(?:${part}@)?${host}(?::([0-9]{1,5}))?$`);
  const port = Number(url.exec(value)?.[1] ?? 22);
  return value.length <= 320 && (plain.test(value) || url.test(value)) && port >= 1 && port <= 65_535
    ? undefined
    : notA(
        "an ssh destination: user@host, ssh://user@host:port, or an alias of ssh_config",
        "deploy@devvm.example.net",
      );
});

/** A network in CIDR notation, or one address; returned as Vault writes it. */
export const network = kind("a network in CIDR notation", "10.20.0.0/16", (value): Reading<string> =>
  typeof value === "string" ? readNetwork(value.trim()) : notA("a network in CIDR notation", "10.20.0.0/16"),
);

/** The command that makes root of the login, as one text: `sudo -n`. Returned as words. */
export const become = kind("a command that runs another as root", "sudo -n", (value): Reading<string[]> => {
  const words = typeof value === "string" ? value.trim().split(/ +/) : [];
  const fine =
    words.length > 0 && words.length <= 10 && words.every((word) => /^[A-Za-z0-9_./=:@-]+$/.test(word));
  return fine && !words[0]?.startsWith("-")
    ? { value: words }
    : notA("a command of plain words that runs another one as root", "sudo -n");
});

/** A sign-in identity; it becomes part of a login command that a person copies. */
export const email = matching(
  "an e-mail address",
  "alice@example.com",
  /^[A-Za-z0-9_][A-Za-z0-9._%+'-]*@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)+$/,
  254,
);

/** A UUID; returned as it is, in lower case. */
export const uuid = kind("a UUID", "00000000-0000-4000-8000-000000000000", (value): Reading<string> =>
  typeof value === "string" && /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value)
    ? { value: value.toLowerCase() }
    : notA("a UUID", "00000000-0000-4000-8000-000000000000"),
);

/** `2.1.225`. */
export const version = matching(
  "a version of three numbers, as text",
  "2.1.225",
  /^\d{1,6}\.\d{1,6}\.\d{1,6}$/,
  20,
);

/** A duration such as `15m`, returned in seconds, from `least` to `most` seconds. */
export const duration = (example: string, least = 0, most = Infinity) =>
  kind("a duration", example, (value): Reading<number> => {
    const seconds = typeof value === "string" ? parseDuration(value) : undefined;
    if (seconds === undefined) return notA("a duration: digits and one of s, m, h, d", example);
    if (seconds < least || seconds > most) {
      const range = most === Infinity ? `at least ${least} s` : `from ${least} s to ${most} s`;
      return { message: `must be ${range}`, remedy: `Write something like ${example}.` };
    }
    return { value: seconds };
  });

/** Words of a command, passed on as they are. */
export const commandWords = list(
  text("a word", "--port=8000", (value) =>
    value.length <= 10_000 && !value.includes("\0") ? undefined : notA("a word without NUL", "--port=8000"),
  ),
  "words",
);
