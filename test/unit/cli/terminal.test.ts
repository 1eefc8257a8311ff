/** What commands show while they work. */
import { describe, expect, it } from "vitest";
import { coloured, Progress } from "../../../cli/terminal.ts";

function stream(isTTY: boolean) {
  const written: string[] = [];
  return { isTTY, write: (text: string) => written.push(text), written };
}

describe("colours", () => {
  it("mark the first word, on a terminal", () => {
    expect(coloured("FAIL user=a", stream(true), {})).toBe("\u001b[31mFAIL\u001b[0m user=a");
    expect(coloured("FAILED user=a", stream(true), {})).toBe("FAILED user=a");
  });

  it("are left out in a pipe, and where nobody wants them", () => {
    expect(coloured("OK a", stream(false), {})).toBe("OK a");
    expect(coloured("OK a", stream(true), { NO_COLOR: "1" })).toBe("OK a");
  });
});

describe("progress", () => {
  it("in a log is quiet for two seconds, then says each thing once, and again after a while", () => {
    let now = 0;
    const log = stream(false);
    const progress = new Progress(log, () => now);
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

  it("in a log keeps its pace when much is said", () => {
    let now = 0;
    const log = stream(false);
    const progress = new Progress(log, () => now, 5000);
    for (now = 0; now < 13_000; now += 1000) {
      progress.say(`package ${now / 1000}`);
      progress.tick();
    }
    progress.end();
    expect(log.written).toEqual(["package 2 (2 s)\n", "package 7 (7 s)\n", "package 12 (12 s)\n"]);
  });

  it("on a terminal is one line, which is taken away", () => {
    let now = 0;
    const terminal = stream(true);
    const progress = new Progress(terminal, () => now);
    now = 3000;
    progress.say("asking\nde\u001b[2Jvvm");
    progress.end();
    expect(terminal.written).toEqual(["\r\u001b[2Kasking de [2Jvvm (3 s)", "\r\u001b[2K"]);
  });
});
