/** Renders Vault policies as HCL, and reads the same form of HCL back. */

type Capability = "create" | "read" | "update" | "delete";

/** One block of a policy to render. */
export interface PolicyRule {
  /** One sentence above the path. */
  readonly intent: string;
  readonly path: string;
  /** In Vault's own order. */
  readonly capabilities: readonly Capability[];
  /** Further lines of the block with their values, such as `max_wrapping_ttl`. */
  readonly limits?: Readonly<Record<string, string>>;
}

/** Returns a rule. @param intent one sentence @param capabilities in Vault's own order */
export function rule(intent: string, path: string, ...capabilities: readonly Capability[]): PolicyRule {
  return { intent, path, capabilities };
}

/** Renders a policy. @throws RangeError for a text that HCL could read in another way */
export function renderPolicy(rules: readonly PolicyRule[]): string {
  return rules.map(renderRule).join("\n");
}

function renderRule({ intent, path, capabilities, limits = {} }: PolicyRule): string {
  const list = capabilities.map(hclString).join(", ");
  const lines = Object.entries(limits).map(([name, value]) => `  ${name} = ${hclString(value)}\n`);
  return `# ${intent}\npath ${hclString(path)} {\n  capabilities = [${list}]\n${lines.join("")}}\n`;
}

/** Quotes an HCL string. Source: https://github.com/hashicorp/hcl/blob/v1.0.0/hcl/strconv/quote.go */
function hclString(text: string): string {
  if (/[\p{C}$]/u.test(text)) throw new RangeError("A policy's text cannot hold control characters or $.");
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

/** One block of a policy that was read. */
export interface PolicyBlock {
  readonly path: string;
  /** Sorted. */
  readonly capabilities: readonly string[];
}

const COMMENT = /^\s*#.*$/gm;
const BLOCK = /path\s+"([^"\\]*)"\s*\{\s*capabilities\s*=\s*\[([^\]]*)\]\s*\}/g;
const CAPABILITY = /"([a-z]+)"/g;

/** Returns the blocks of a policy. `rest` is the text that is neither a comment nor such a block: Vault reads more forms. */
export function readPolicy(text: string): { readonly blocks: readonly PolicyBlock[]; readonly rest: string } {
  const bare = text.replaceAll(COMMENT, "");
  const blocks = [...bare.matchAll(BLOCK)].map(([, path = "", list = ""]) => ({
    path,
    capabilities: [...list.matchAll(CAPABILITY)].map(([, word = ""]) => word).sort(),
  }));
  return { blocks, rest: bare.replaceAll(BLOCK, "").trim() };
}
