/** How long services are away, from their gaps; and that a service that answers has none. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { awayTogether, secondsAway, secondsWithAnyAway, watchAnswers } from "../../../bench/availability.ts";

const gaps = (...lists: [number, number][][]) =>
  new Map(lists.map((list, index) => [String(index), list.map(([from, to]) => ({ from, to }))]));

describe("gaps", () => {
  test("one after the other add up, and are never together", () => {
    const found = gaps([[0, 1000]], [[1000, 3000]]);
    expect([awayTogether(found), secondsWithAnyAway(found), secondsAway(found)]).toEqual([1, 3, [1, 2]]);
  });

  test("that overlap count once, and together", () => {
    const found = gaps([[0, 2000]], [[1000, 3000]], [[1500, 1600]], []);
    expect([awayTogether(found), secondsWithAnyAway(found)]).toEqual([3, 3]);
    expect(secondsAway(found)).toEqual([2, 2, 0.1, 0]);
  });

  test("are found for a service that goes away and comes back, not for one that stays", async () => {
    const open = async (port = 0) => {
      const server = createServer((_, response) => response.writeHead(503).end());
      await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
      onTestFinished(() => void server.close());
      return server;
    };
    const [stays, goes] = [await open(), await open()];
    const port = (server: typeof stays) => (server.address() as AddressInfo).port;
    const away = port(goes);
    const asked = (server: typeof stays) => new Promise((resolve) => server.once("request", resolve));
    const found = await watchAnswers(
      new Map([
        ["stays", port(stays)],
        ["goes", away],
      ]),
      async () => {
        await asked(goes);
        await new Promise((resolve) => goes.close(resolve));
        for (let times = 0; times < 5; times++) await asked(stays);
        await asked(await open(away));
        for (let times = 0; times < 5; times++) await asked(stays);
      },
    );
    expect(found.get("stays")).toEqual([]);
    expect(found.get("goes")).toHaveLength(1);
  });
});
