/** Tests the command that opens a host, and the explanations of ssh's failures. */
import { describe, expect, it } from "vitest";
import { explainFailure } from "../../../remote/ssh-failures.ts";
import { shellCommand } from "../../../remote/ssh.ts";
import type { Connection } from "../../../contract/connection.ts";

const remote: Connection = {
  address: { kind: "ssh", destination: "deploy@devvm.example.net", become: ["sudo", "-n"] },
  ssh: { configFile: "/etc/fleet/ssh_config" },
};

describe("shellCommand", () => {
  it("runs the system's ssh without prompts, with checked host keys, and one quoted command", () => {
    const argv = shellCommand(remote, "echo 'it''s'; true");
    expect(argv.slice(0, 3)).toEqual(["ssh", "-F", "/etc/fleet/ssh_config"]);
    expect(argv).toContain("BatchMode=yes");
    expect(argv).toContain("StrictHostKeyChecking=yes");
    expect(argv.slice(-3, -1)).toEqual(["--", "deploy@devvm.example.net"]);
    expect(argv.at(-1)).toBe(`exec sudo -n /bin/sh -c 'echo '\\''it'\\'''\\''s'\\''; true'`);
  });

  it("uses the operator's own configuration where the settings name none", () => {
    expect(shellCommand({ ...remote, ssh: { configFile: undefined } }, "true")).not.toContain("-F");
  });

  it("runs the shell here for a local host", () => {
    expect(shellCommand({ ...remote, address: { kind: "local", become: ["sudo", "-n"] } }, "true")).toEqual([
      "sudo",
      "-n",
      "/bin/sh",
      "-c",
      "true",
    ]);
  });
});

describe("explainFailure", () => {
  it.each([
    ["deploy@x: Permission denied (publickey).", /refused the login\. Check that your key/],
    ["@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @", /host key is not the known one/],
    ["Host key verification failed.", /host key is not the known one/],
    ["ssh: connect to host x port 22: Connection refused", /nothing accepts ssh/],
    [
      "kex_exchange_identification: read: Connection reset by peer\nConnection reset by 127.0.0.1 port 35211",
      /ends the connection before ssh begins/,
    ],
    ["ssh: Could not resolve hostname x: Name or service not known", /does not resolve/],
    ["ssh: connect to host x port 22: Connection timed out", /does not answer/],
    ["sudo: a password is required", /NOPASSWD/],
  ])("%s", (stderr, sentence) => {
    const text = explainFailure(remote, { code: 255, stderr });
    expect(text).toMatch(sentence);
    expect(text).toContain("deploy@devvm.example.net");
  });

  it("repeats ssh's last line when it is not known, and says what to try", () => {
    expect(explainFailure(remote, { code: 3, stderr: "first\nsomething odd\n" })).toBe(
      "deploy@devvm.example.net: the connection ended with exit code 3 (something odd). Try `ssh -F /etc/fleet/ssh_config deploy@devvm.example.net sudo -n true` by hand.",
    );
  });
});
