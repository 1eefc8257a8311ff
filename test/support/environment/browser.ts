/** Looks at a page as a browser does. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import type { AxeResults } from "axe-core";
import { chromium, type Browser } from "playwright-core";
import { findProgram } from "../../../dev/find-program.ts";

const axeSource = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Everything of WCAG up to 2.2 AA, and what axe's makers hold to be good practice. */
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** What a page was like in one window. */
export interface Seen {
  /** Messages on the console, and errors of the page. */
  readonly console: readonly string[];
  /** Addresses that it asked for, beside itself. */
  readonly requests: readonly string[];
  /** Pixels that the page is wider than its window. */
  readonly overflow: number;
  /** What axe finds against WCAG 2.2 AA: rule, and the elements concerned. */
  readonly violations: readonly string[];
  /** Rules that axe could apply, and found kept. */
  readonly passes: readonly string[];
}

/** How the window is. */
export interface Window {
  readonly width: number;
  readonly colorScheme: "dark" | "light";
  /** Where a picture of the whole page is put. */
  readonly screenshot?: string;
}

/** Starts Debian's Chromium. As root it has no sandbox; nothing but our own file is opened in it. */
export function openBrowser(): Promise<Browser> {
  const executablePath = findProgram("chromium");
  if (executablePath === undefined)
    throw new Error("chromium is not installed; run `npm test`, which does it.");
  return chromium.launch({ executablePath, args: ["--no-sandbox"] });
}

/** Opens a file and looks. */
export async function lookAt(browser: Browser, file: string, window: Window): Promise<Seen> {
  const { width, colorScheme, screenshot } = window;
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
  const url = pathToFileURL(file).href;
  const messages: string[] = [];
  const requests: string[] = [];
  page.on("console", (message) => messages.push(message.text()));
  page.on("pageerror", (error) => messages.push(String(error)));
  page.on("request", (request) => {
    if (request.url() !== url && !request.url().startsWith("data:")) requests.push(request.url());
  });
  try {
    await page.goto(url, { waitUntil: "networkidle" });
    // Texts: what runs in the page is not typed as what runs here.
    const overflow = await page.evaluate<number>(
      "document.documentElement.scrollWidth - document.documentElement.clientWidth",
    );
    if (screenshot !== undefined) await page.screenshot({ path: screenshot, fullPage: true });
    const seen = { console: [...messages], requests: [...requests], overflow };
    await page.evaluate(axeSource);
    const { violations, passes } = await page.evaluate<AxeResults>(
      `axe.run(document, ${JSON.stringify({ runOnly: RULES })})`,
    );
    return {
      ...seen,
      violations: violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`),
      passes: passes.map(({ id }) => id),
    };
  } finally {
    await page.close();
  }
}
