// Texts that other programs define: Go's JSON and durations, property paths, nodeargs, ssh's arguments.
import { describe, expect, it } from "vitest";
import {
  formatDuration,
  parseDuration,
} from "../../../../../dev/stand-ins/pulumi-plugins/docker/duration.ts";
import { readAddress, sshArguments } from "../../../../../dev/stand-ins/pulumi-plugins/docker/connect.ts";
import { splitWords } from "../../../../../dev/stand-ins/pulumi-plugins/language/options.ts";
import { parseUrn } from "../../../../../dev/stand-ins/pulumi-plugins/provider/session.ts";
import {
  goJson,
  normaliseJson,
  parseObject,
} from "../../../../../dev/stand-ins/pulumi-plugins/vault/go-json.ts";
import { formatPath, isUnder } from "../../../../../dev/stand-ins/pulumi-plugins/provider/paths.ts";

describe("Go's JSON", () => {
  it("sorts keys and escapes what HTML would read", () => {
    expect(goJson({ b: "<a&b>", a: [1, { d: null, c: true }] })).toBe(
      '{"a":[1,{"c":true,"d":null}],"b":"\\u003ca\\u0026b\\u003e"}',
    );
  });

  it("gives one text for one object, and leaves alone what is none", () => {
    expect(normaliseJson('{ "b": 1,\n "a": "x" }')).toBe('{"a":"x","b":1}');
    expect(normaliseJson("not json")).toBe("not json");
    expect(normaliseJson("[1]")).toBe("[1]");
  });

  it("does not repeat a text that may be a secret", () => {
    expect(() => parseObject("planted-secret")).toThrow("dataJson is not JSON: give an object.");
  });
});

describe("Go's durations", () => {
  it.each([
    ["0s", 0],
    ["250ms", 250e6],
    ["1.5s", 1.5e9],
    ["1m30s", 90e9],
    ["1h0m0s", 3600e9],
  ])("%s", (text, nanoseconds) => {
    expect(parseDuration(text)).toBe(nanoseconds);
    expect(formatDuration(nanoseconds)).toBe(text);
  });

  it.each(["", "5", "5 s", "-1s", "1d"])("refuse %j", (text) => {
    expect(() => parseDuration(text)).toThrow(/is no duration/);
  });
});

describe("the engine's paths", () => {
  it("are written as it writes them", () => {
    expect(formatPath(["triggers", 0])).toBe("triggers[0]");
    expect(formatPath(["environment", "a.b", "C"])).toBe('environment["a.b"].C');
  });

  it.each([
    [["environment", "NOTE"], "environment.NOTE", true],
    [["environment", "NOTE"], "environment", true],
    [["environment", "NOTE"], "environment.NOT", false],
    [["environment"], "environment.NOTE", false],
    [["mounts", 2, "source"], "mounts[*].source", true],
    [["labels", "a.b"], 'labels["a.b"]', true],
  ])("%j lies under %s: %s", (path, ignored, expected) => {
    expect(isUnder(path, [ignored])).toBe(expected);
  });

  it("of resources give type and name", () => {
    const urn = "urn:pulumi:test::project::a:b:Component$command:local:Command::name::with colons";
    expect(parseUrn(urn)).toEqual({ type: "command:local:Command", name: "name::with colons" });
  });
});

describe("nodeargs", () => {
  it.each([
    ["--import tsx", ["--import", "tsx"]],
    ["  -r './a b.cjs'  --x=\"y z\" ", ["-r", "./a b.cjs", "--x=y z"]],
    ["a\\ b", ["a b"]],
    ["", []],
  ])("%j", (line, words) => {
    expect(splitWords(line)).toEqual(words);
  });

  it("with an open quote are refused", () => {
    expect(() => splitWords("--import 'tsx")).toThrow(/open quote/);
  });
});

describe("a Docker engine's address", () => {
  it("is the provider's, else DOCKER_HOST, else the usual socket", () => {
    expect(readAddress({ host: "ssh://a" }, { DOCKER_HOST: "tcp://b:1" }).host).toBe("ssh://a");
    expect(readAddress({}, { DOCKER_HOST: "tcp://b:1" }).host).toBe("tcp://b:1");
    expect(readAddress({}, {}).host).toBe("unix:///var/run/docker.sock");
    expect(readAddress({ sshOpts: '["-o","A=b"]' }, {}).sshOptions).toEqual(["-o", "A=b"]);
  });

  it("over ssh gives arguments in which nothing of the address is an option", () => {
    expect(sshArguments(new URL("ssh://deploy@host:2222"), ["-o", "A=b"])).toEqual([
      ...["-o", "A=b", "-l", "deploy", "-p", "2222", "--", "host", "docker", "system", "dial-stdio"],
    ]);
  });
});
