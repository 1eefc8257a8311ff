/** The platform that the dev environment runs on. */
import { ExpectedError } from "../lib/expected-error.ts";
import type { LinuxPlatform } from "../lib/own-node.ts";

/** The platform as npm's platform packages name it. @throws {ExpectedError} where the dev environment cannot run */
export function platformName(): LinuxPlatform {
  const name = `${process.platform}-${process.arch}`;
  if (name === "linux-x64" || name === "linux-arm64") return name;
  throw new ExpectedError(
    `The dev environment runs on Linux on x64 or arm64, not on ${name}; use a virtual machine.`,
  );
}
