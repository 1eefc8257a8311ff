/** Parses a token file: the CLI's own credentials JSON. Says why any other text is none. Pure. */
import {
  incompleteness,
  isRefreshable,
  parseCredentials,
  type OauthObject,
} from "../../claude/credentials.ts";

/** Holds a token file's content. `why` is a clause about the file, and never quotes its text. */
export type TokenContent =
  | { readonly kind: "login" | "setup-token"; readonly oauth: OauthObject }
  | { readonly kind: "invalid"; readonly why: string };

/** Parses the CLI's own credentials JSON. */
export function parseTokenFile(text: string): TokenContent {
  const state = parseCredentials(text);
  switch (state.kind) {
    case "none":
      return { kind: "invalid", why: "it holds no claudeAiOauth object" };
    case "blank":
      return { kind: "invalid", why: "its claudeAiOauth.accessToken is empty" };
    case "usable": {
      const lacking = incompleteness(state.oauth);
      if (lacking !== undefined) return { kind: "invalid", why: lacking };
      return { kind: isRefreshable(state.oauth) ? "login" : "setup-token", oauth: state.oauth };
    }
    case "corrupt":
    case "unreadable":
      return { kind: "invalid", why: copyMistake(text) ?? state.why };
  }
}

/** Recognises the usual mistakes of copying a login by hand; undefined for any other text. */
function copyMistake(text: string): string | undefined {
  const trimmed = text.trim();
  if (trimmed === "") return "it is empty";
  if (/^sk-ant-\S+$/.test(trimmed.replace(/\s+/g, ""))) {
    return "it holds a bare token, without the JSON around it";
  }
  if (/^[0-9a-f\s]+$/i.test(trimmed) && isCredentials(Buffer.from(trimmed.replace(/\s+/g, ""), "hex"))) {
    return "it is the JSON in hexadecimal, as macOS's `security` prints it (`xxd -r -p` turns it back)";
  }
  if (isCredentials(Buffer.from(text.replace(/\r?\n/g, "")))) {
    return "a line break splits one of its values, as copying from a terminal does";
  }
  return undefined;
}

function isCredentials(bytes: Buffer): boolean {
  const { kind } = parseCredentials(bytes.toString("utf8"));
  return kind === "usable" || kind === "blank";
}
