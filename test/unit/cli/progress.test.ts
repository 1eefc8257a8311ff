/** Tests what commands show while they work. */
import { Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { Progress, type ProgressStream } from "../../../cli/progress.ts";

/** Returns a stream, and the texts that are written to it. */
function stream(isTTY: boolean): { readonly output: ProgressStream; readonly written: string[] } {
  const written: string[] = [];
  const output = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      written.push(chunk.toString("utf8"));
      done();
    },
  });
  return { output: Object.assign(output, { isTTY, columns: 20, rows: 10 }), written };
}

describe("progress", () => {
  it("in a log is quiet for two seconds, then shows each message once, and again after a while", () => {
    let now = 0;
    const log = stream(false);
    const progress = new Progress(log.output, () => now);
    progress.say("asking devvm");
    for (now = 0; now < 20_000; now += 1000) {
      if (now === 5000) progress.say("a run is under way");
      progress.tick();
    }
    progress.end();
    expect(log.written).toEqual([
      "asking devvm (2 s)\n",
      "a run is under way (5 s)\n",
      "a run is under way (15 s)\n",
    ]);
  });

  it("in a log keeps its pace when messages follow each other fast", () => {
    let now = 0;
    const log = stream(false);
    const progress = new Progress(log.output, () => now, 5000);
    for (now = 0; now < 13_000; now += 1000) {
      progress.say(`package ${now / 1000}`);
      progress.tick();
    }
    progress.end();
    expect(log.written).toEqual(["package 2 (2 s)\n", "package 7 (7 s)\n", "package 12 (12 s)\n"]);
  });

  it("on a terminal is removed in the end, also where it needed two lines", () => {
    let now = 0;
    const terminal = stream(true);
    const progress = new Progress(terminal.output, () => now);
    now = 3000;
    progress.say("asking\nde\u001b[2Jvvm about all of it");
    const shown = terminal.written.join("");
    expect(shown).toContain("asking de [2Jvvm");
    expect(shown).not.toContain("\u001b[2J");
    progress.end();
    const removed = terminal.written.join("").slice(shown.length);
    expect(removed.split("\u001b[2K").length - 1).toBeGreaterThan(1);
    expect(removed).not.toContain("vvm");
  });

  it("shows nothing for work that ends within two seconds", () => {
    for (const isTTY of [true, false]) {
      const { output, written } = stream(isTTY);
      const progress = new Progress(output, () => 0);
      progress.say("asking devvm");
      progress.end();
      expect(written.join("")).not.toContain("asking");
    }
  });
});
