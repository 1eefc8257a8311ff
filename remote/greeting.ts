/** Reads the first words of the bootstrap on a host, and explains its refusals. */
import { ACTIONS, type ActionName } from "../contract/actions.ts";
import { OWN_NODE, type LinuxPlatform } from "../lib/own-node.ts";
import { plainText } from "../lib/printable.ts";

/** How Node is sent: unpacked, or packed by gzip. */
export type NodeForm = "gzip" | "plain";

/** A host has no Node and accepts one for this platform in this form. */
export interface NodeWanted {
  readonly kind: "node-wanted";
  readonly platform: LinuxPlatform;
  readonly form: NodeForm;
  /** The Node on its PATH that root must not run, and why. Empty: there is none. */
  readonly unused: string;
}

/** The first words of a host. `refused` says in a clause why the program cannot run there, and the remedy. */
export type Greeting =
  | { readonly kind: "program"; readonly wanted: boolean }
  | NodeWanted
  | { readonly kind: "refused"; readonly why: string };

/** Begins each clause about a host without Node. */
export const NO_NODE = "the host has no Node 20 or newer on its PATH";
const INSTALL = "install one (for Debian 13: apt-get install nodejs)";

/** Returns why a host without Node is sent none for this action, as a clause with its remedy; undefined when it is sent one. */
export function notSent(action: ActionName, unused = ""): string | undefined {
  if (ACTIONS[action].sendsNode) return undefined;
  // A status does not wait for Node. Another host than a workstation would be sent it at every request.
  if (unused !== "") {
    return `the Node on its PATH is not used (${unused}): only root may be able to change it; correct its owner and mode`;
  }
  return action === "status"
    ? `${NO_NODE}, and none has come with the program yet; \`npx pulumi up\` brings it`
    : `${NO_NODE}; ${INSTALL}`;
}

/** Reads the words after the marker, which are a claim of the host. @returns undefined for words of no bootstrap */
export function readGreeting(words: string): Greeting | undefined {
  const [kind = "", ...rest] = words.split(" ");
  const text = plainText(rest.join(" "), 300);
  switch (kind) {
    case "have":
    case "need":
      return { kind: "program", wanted: kind === "need" };
    case "need-node":
      return nodeWanted(rest);
    case "no-node":
      return { kind: "refused", why: noNode(rest[0] ?? "", plainText(rest.slice(1).join(" "), 300)) };
    case "node-cut": {
      const [got, size, folder, ...words] = text.split(" ");
      const why = words.join(" ").trim();
      const reason = why === "" ? "" : ` (${why})`;
      return refused(
        `${NO_NODE}, and of the Node that was sent ${got} of ${size} bytes were kept in ${folder}${reason}; make room there, or run this again if the connection was cut`,
      );
    }
    case "node-other":
      return refused(
        `${NO_NODE}, and what arrived is not the Node that was sent; remove ~/.cache/claude-fleet/node and node-packed here, then run this again`,
      );
    case "node-broken":
      return refused(`${NO_NODE}, and Node ${OWN_NODE.version} does not run there (${text}); ${INSTALL}`);
    default:
      return undefined;
  }
}

function nodeWanted([platform = "", form = "", ...words]: readonly string[]): Greeting | undefined {
  if (!Object.hasOwn(OWN_NODE.builds, platform) || (form !== "gzip" && form !== "plain")) return undefined;
  const unused = plainText(words.join(" "), 300);
  return { kind: "node-wanted", platform: platform as LinuxPlatform, form, unused };
}

function refused(why: string): Greeting {
  return { kind: "refused", why };
}

function noNode(what: string, detail: string): string {
  switch (what) {
    case "machine":
      return `${NO_NODE}, and none comes with the program for ${detail}; ${INSTALL}`;
    case "libc":
      return `${NO_NODE}, and the one that would be sent needs glibc (${detail} is missing); install the host's own (for Alpine: apk add nodejs)`;
    case "tool":
      return `${NO_NODE}, and none can be sent because ${detail} is missing; ${INSTALL}`;
    case "room": {
      const [size, ...folders] = detail.split(" ");
      return `${NO_NODE}, and there is no folder with ${size} MiB of room in which programs may run, of ${folders.join(", ")}; make room in one, or ${INSTALL}`;
    }
    default:
      return `${NO_NODE}; ${INSTALL}`;
  }
}
