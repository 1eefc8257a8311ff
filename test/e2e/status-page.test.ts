/** The page of `claude-fleet status --html`, in a real browser. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { statusPage } from "../../cli/status/page.ts";
import { lookAt, openBrowser } from "../support/environment/browser.ts";
import { exampleStatus } from "../support/environment/example-status.ts";

/** Where the picture in the docs is put by who asks for a new one. */
const PICTURE = process.env["CLAUDE_FLEET_SCREENSHOT"];

let browser: Browser;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "claude-fleet-page-"));
  await writeFile(join(folder, "status.html"), statusPage(exampleStatus()));
  browser = await openBrowser();
});
afterAll(async () => {
  await browser.close();
  await rm(folder, { recursive: true, force: true });
});

it.each([
  [360, "light"],
  [360, "dark"],
  [1440, "light"],
  [1440, "dark"],
] as const)(
  "at %i pixels, %s, it asks for nothing, complains of nothing and is accessible",
  async (width, colorScheme) => {
    const picture =
      PICTURE !== undefined && width === 1440 && colorScheme === "light" ? { screenshot: PICTURE } : {};
    const seen = await lookAt(browser, join(folder, "status.html"), { width, colorScheme, ...picture });
    expect(seen).toMatchObject({ console: [], requests: [], overflow: 0, violations: [] });
    expect(seen.passes).toContain("color-contrast");
  },
);

it("is told when a page is not as it should be", async () => {
  const bad = join(folder, "bad.html");
  const body = `<p style="color:#aaa;background:#fff">faint</p><img src="http://127.0.0.1:1/x.png"><div style="width:900px">wide</div>`;
  await writeFile(
    bad,
    `<!doctype html><html><body>${body}<script>console.error("told")</script></body></html>`,
  );
  const seen = await lookAt(browser, bad, { width: 360, colorScheme: "light" });
  expect(seen.console).toContain("told");
  expect(seen.requests).toEqual(["http://127.0.0.1:1/x.png"]);
  expect(seen.overflow).toBeGreaterThan(0);
  expect(seen.violations.join()).toMatch(/color-contrast/);
});
