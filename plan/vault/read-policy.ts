/** Reads the one form of HCL that this project writes: comments, and blocks of a path with its capabilities. */

/** One block. */
export interface PolicyBlock {
  readonly path: string;
  /** Sorted. */
  readonly capabilities: readonly string[];
}

const COMMENT = /^\s*#.*$/gm;
const BLOCK = /path\s+"([^"\\]*)"\s*\{\s*capabilities\s*=\s*\[([^\]]*)\]\s*\}/g;
const CAPABILITY = /"([a-z]+)"/g;

/** The blocks of a policy, and what of its text is none: Vault would read more forms than these. */
export function readPolicy(text: string): { readonly blocks: readonly PolicyBlock[]; readonly rest: string } {
  const bare = text.replaceAll(COMMENT, "");
  const blocks = [...bare.matchAll(BLOCK)].map(([, path = "", list = ""]) => ({
    path,
    capabilities: [...list.matchAll(CAPABILITY)].map(([, word = ""]) => word).sort(),
  }));
  return { blocks, rest: bare.replaceAll(BLOCK, "").trim() };
}
