/** Reads the machine id: machine-id(5). */
import { ExpectedError } from "./expected-error.ts";
import { readTextFile } from "./regular-file.ts";

/** Returns the 32 hexadecimal digits in `path`. @throws {ExpectedError} when the file does not hold them */
export async function readMachineId(path = "/etc/machine-id"): Promise<string> {
  const id = (await readTextFile(path, 1000))?.trim() ?? "";
  if (/^[0-9a-f]{32}$/.test(id)) return id;
  throw new ExpectedError(`${path} holds no machine id; run systemd-machine-id-setup on the host.`);
}
