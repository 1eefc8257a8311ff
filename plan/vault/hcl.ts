/** Renders Vault policies: a sentence of intent above every path, capabilities in Vault's own order. */

export type Capability = "create" | "read" | "update" | "delete";

/** One block of a policy. */
export interface PolicyRule {
  /** One sentence above the path. */
  readonly intent: string;
  readonly path: string;
  /** In Vault's own order. */
  readonly capabilities: readonly Capability[];
  /** Further lines of the block, such as `max_wrapping_ttl`, with their values. */
  readonly limits?: Readonly<Record<string, string>>;
}

/** The policy's text. @throws RangeError for what HCL could read otherwise */
export function renderPolicy(rules: readonly PolicyRule[]): string {
  return rules.map(renderRule).join("\n");
}

function renderRule({ intent, path, capabilities, limits = {} }: PolicyRule): string {
  const list = capabilities.map(hclString).join(", ");
  const lines = Object.entries(limits).map(([name, value]) => `  ${name} = ${hclString(value)}\n`);
  return `# ${intent}\npath ${hclString(path)} {\n  capabilities = [${list}]\n${lines.join("")}}\n`;
}

/** A quoted HCL string. Source: https://github.com/hashicorp/hcl/blob/v1.0.0/hcl/strconv/quote.go */
function hclString(text: string): string {
  if (/[\p{C}$]/u.test(text)) throw new RangeError("A policy's text cannot hold control characters or $.");
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
