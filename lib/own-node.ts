/** The Node that comes with the program to a workstation which has none: which it is, and what it is known by. */

/** A platform as npm's platform packages name it. */
export type LinuxPlatform = "linux-x64" | "linux-arm64";

/** Node's official binary for one platform, as npm's `node-<platform>` has it. */
export interface NodeBuild {
  /** What `uname -m` says of such a machine. */
  readonly machines: readonly string[];
  /** glibc's loader, without which the binary does not start. */
  readonly libc: string;
  /** Of the package, as a lockfile has it. */
  readonly integrity: string;
  /** Of `bin/node`, in hex. */
  readonly sha256: string;
  /** Of `bin/node`, in bytes. */
  readonly size: number;
}

/**
 * One version for all hosts, whatever Node the operator has: its digest is what every operator's review compares with.
 * Long-term support until April 2028 (https://github.com/nodejs/release#release-schedule); needs glibc 2.28.
 */
export const OWN_NODE = {
  version: "24.21.0",
  builds: {
    "linux-x64": {
      machines: ["x86_64", "amd64"],
      libc: "/lib64/ld-linux-x86-64.so.2",
      integrity:
        "sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==",
      sha256: "7fde7b8afa198da66257f42ee2001d874c7355631e6d1579a5fb5ef1f246df4c",
      size: 126_595_440,
    },
    "linux-arm64": {
      machines: ["aarch64", "arm64"],
      libc: "/lib/ld-linux-aarch64.so.1",
      integrity:
        "sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==",
      sha256: "0f8949d1028f6d61506b2d5bc57e7e6fe893d7b1997509b7847294fc9c616584",
      size: 122_893_672,
    },
  },
} as const satisfies {
  readonly version: string;
  readonly builds: Readonly<Record<LinuxPlatform, NodeBuild>>;
};

/** Its file's name on a host, by which a process knows that it runs on it. */
export const OWN_NODE_FILE = "claude-fleet-node";

/** The build for a platform as Node names them; undefined where there is none. */
export function ownNodeBuild(platform: string, architecture: string): NodeBuild | undefined {
  const builds: Readonly<Record<string, NodeBuild>> = OWN_NODE.builds;
  return builds[`${platform}-${architecture}`];
}
