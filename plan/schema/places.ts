/** Places: paths, URLs, networks and hosts, and the ways to root there. */
import { isIP } from "node:net";
import * as z from "zod";
import { readNetwork } from "../vault/bound-networks.ts";
import { issueText, notA } from "./complaint.ts";
import { list, otherwise, text } from "./kinds.ts";

/** An absolute path without `.`, `..` or empty parts: every part of the system reads it in the same way. */
export const absolutePath = (example: string) =>
  text({
    title: "an absolute path",
    rule: "an absolute path without . or .. in it and without a slash at its end",
    example,
    pattern: /^(?:\/(?!\.{1,2}(?:\/|$))[^/\p{C}\p{Zl}\p{Zp}]+)+$/u,
    longest: 4096,
  });

/** A file's path, absolute or below the folder that the setting names. `emptyMeansNone` also takes an empty text. */
export const filePath = (example: string, { emptyMeansNone = false } = {}) =>
  text({
    title: "a file's path",
    example,
    pattern: emptyMeansNone ? /^[^\p{C}\p{Zl}\p{Zp}]*$/u : /^[^\p{C}\p{Zl}\p{Zp}]+$/u,
    longest: 4096,
  }).regex(
    /^(?!~)/,
    otherwise({ message: "nothing expands ~ here", remedy: `Write the whole path, such as ${example}.` }),
  );

/** Parts of a Vault path: nothing that a policy reads as a wildcard (`*`, `+`) or a template (`{{`). */
export const vaultPath = (title: string, example: string) =>
  text({
    title,
    rule: `${title}: letters, digits and . _ - between single slashes`,
    example,
    pattern: /^(?!.*\.\.)[A-Za-z0-9_][A-Za-z0-9_.-]*(?:\/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$/,
    longest: 200,
  });

/** A Vault namespace. The root namespace is empty. */
export const vaultNamespace = text({
  title: "Vault's namespace",
  rule: "a namespace without slashes at its ends, or empty for the root namespace",
  example: "team/platform",
  pattern: /^(?:[A-Za-z0-9_][A-Za-z0-9_.-]*(?:\/[A-Za-z0-9_][A-Za-z0-9_.-]*)*)?$/,
  longest: 200,
});

/** Whether the host has a loopback or private address, or a name that only a local network resolves. */
function isLocal(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, "");
  if (isIP(bare) === 4)
    return /^(?:127|10)\.|^192\.168\.|^172\.(?:1[6-9]|2\d|3[01])\.|^169\.254\./.test(bare);
  if (isIP(bare) === 6) return /^(?:::1$|f[cd]|fe[89ab])/i.test(bare);
  return bare === "localhost" || !bare.includes(".");
}

/** An http or https URL without credentials, query or fragment, returned without a slash at its end. */
export const serverUrl = (example: string) =>
  text({
    title: "a URL",
    rule: "the URL of a server, without user, query or fragment",
    example,
    pattern: /^https?:\/\/(?![^/]*@)[^\s\p{C}\\?#]+$/u,
    longest: 2000,
  })
    .refine((value) => URL.canParse(value), { abort: true })
    .refine(
      (value) => value.startsWith("https:") || isLocal(new URL(value).hostname),
      otherwise({
        message: "plain http would carry tokens unencrypted to a host that is not local",
        remedy: `Write https, as in ${example}.`,
      }),
    )
    .overwrite((value) => new URL(value).href.replace(/\/+$/, ""));

const SSH_NAME = "[A-Za-z0-9_][A-Za-z0-9_.-]*";
const SSH_PLAIN = `(?:${SSH_NAME}@)?(?:${SSH_NAME}|[0-9A-Fa-f:]+)`;
const SSH_URL = `ssh://(?:${SSH_NAME}@)?(?:${SSH_NAME}|\\[[0-9A-Fa-f:.]+\\])(?::[0-9]{1,5})?`;

/**
 * `[user@]host`, an alias of ssh_config, or `ssh://[user@]host[:port]`. It holds nothing that ssh reads as an option, a
 * shell as more than one word, or ssh_config as one of its `%` tokens.
 */
export const sshDestination = text({
  title: "an ssh destination",
  rule: "an ssh destination: user@host, ssh://user@host:port, or an alias of ssh_config",
  example: "deploy@devvm.example.net",
  pattern: new RegExp(`^(?:${SSH_PLAIN}|${SSH_URL})$`),
  longest: 320,
}).refine((value) => {
  const port = Number(/^ssh:.*:([0-9]+)$/.exec(value)?.[1] ?? 22);
  return port >= 1 && port <= 65_535;
});

/** A network in CIDR notation, or one address, returned as Vault writes it. */
export const network = text({
  title: "a network in CIDR notation, or one address",
  example: "10.20.0.0/16",
  pattern: /^\s*[0-9A-Fa-f.:/]+\s*$/,
  longest: 64,
}).transform((value, context) => {
  const reading = readNetwork(value.trim());
  if ("value" in reading) return reading.value;
  context.addIssue(issueText(reading));
  return z.NEVER;
});

/** The command that makes root of the login, as one text such as `sudo -n`, returned as words. */
export const become = text({
  title: "a command that runs another as root",
  rule: "a command of plain words that runs another one as root",
  example: "sudo -n",
  pattern: /^\s*(?!-)[A-Za-z0-9_./=:@-]+(?: +[A-Za-z0-9_./=:@-]+){0,9}\s*$/,
  longest: 500,
}).transform((value) => value.trim().split(/ +/));

/** An e-mail address. It becomes part of a login command that a person copies, so it holds plain characters only. */
export const email = text({
  title: "an e-mail address",
  example: "alice@example.com",
  pattern:
    /^[A-Za-z0-9_][A-Za-z0-9._%+'-]*@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)+$/,
  longest: 254,
});

/** A UUID, returned in lower case. */
export const uuid = text({
  title: "a UUID",
  example: "00000000-0000-4000-8000-000000000000",
  pattern: z.regexes.guid,
  longest: 36,
}).toLowerCase();

/** `2.1.225`. */
export const version = (example: string) =>
  text({
    title: "a version of three numbers, as text",
    example,
    pattern: /^\d{1,6}\.\d{1,6}\.\d{1,6}$/,
    longest: 20,
  });

const word = text({
  title: "a word",
  rule: "a word without NUL",
  example: "--port=8000",
  pattern: /^[^\0]*$/,
  longest: 10_000,
});

/** Words of a command, passed on as they are. */
export const commandWords = list(word, "words");

/** A command on the token's host. Its program has an absolute path, because a login's PATH is not root's. */
export const hostCommand = (program: string) => {
  const title = "the words of a command, an absolute path first";
  return list(word, "words", 100)
    .refine(([first = ""]) => first.startsWith("/"), otherwise(notA(title, `[${program}]`)))
    .meta({ title, examples: [[program]] });
};
