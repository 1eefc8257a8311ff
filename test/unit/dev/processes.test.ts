import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it, onTestFinished } from "vitest";
import { endProcess, inspectProcess, lives } from "../../../dev/processes.ts";

/** A process that ignores SIGTERM when told to, and is gone after the test whatever happens. */
async function child(script: string) {
  const process = spawn("/bin/sh", ["-c", `${script}; echo ready; while :; do sleep 0.1; done`], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  onTestFinished(() => void process.kill("SIGKILL"));
  await once(process.stdout, "data");
  const record = inspectProcess(process.pid ?? 0);
  if (!record) throw new Error("The child does not live.");
  return { process, record };
}

describe("a recorded process", () => {
  it("is recognised as long as it lives", async () => {
    const { process, record } = await child(":");
    expect(lives(record)).toBe(true);
    process.kill("SIGKILL");
    await once(process, "exit");
    expect(lives(record)).toBe(false);
    expect(inspectProcess(record.pid)).toBeUndefined();
  });

  it("is not taken for another one with its pid, whether later on or after a reboot", async () => {
    const { record } = await child(":");
    expect(lives({ ...record, startTime: String(Number(record.startTime) + 1) })).toBe(false);
    expect(lives({ ...record, bootId: "another" })).toBe(false);
  });

  it("is ended, with SIGKILL when SIGTERM does not help", async () => {
    const mild = await child(":");
    const mildEnd = once(mild.process, "exit");
    await endProcess(mild.record, 5);
    await mildEnd;
    expect(mild.process.signalCode).toBe("SIGTERM");
    const stubborn = await child("trap '' TERM");
    const stubbornEnd = once(stubborn.process, "exit");
    await endProcess(stubborn.record, 0.2);
    await stubbornEnd;
    expect(stubborn.process.signalCode).toBe("SIGKILL");
  });

  it("is left alone when the pid belongs to somebody else by now", async () => {
    const { process, record } = await child(":");
    await endProcess({ ...record, startTime: "1" }, 1);
    expect(process.exitCode).toBeNull();
    expect(lives(record)).toBe(true);
  });
});
