/** What the workflow's commands make of a preview, of a proposed roster, and of a fleet's plan. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { commentOf } from "../../../../cli/ci/comment.ts";
import { identityFiles } from "../../../../cli/ci/policies.ts";
import { withUsersOf } from "../../../../cli/ci/proposal.ts";
import { load, ROSTER } from "../../../support/plan/fixtures.ts";

const urn = (type: string, name: string) =>
  `urn:pulumi:prod::claude-fleet::claude-fleet:index:X$${type}::${name}`;
const step = (op: string, type: string, name: string, environment: object = {}) => ({
  op,
  urn: urn(type, name),
  newState: { inputs: { environment } },
});
const preview = (steps: readonly object[], diagnostics: readonly object[] = []) =>
  JSON.stringify({ steps, diagnostics });
const CHANGED = [
  step("same", "vault:index/policy:Policy", "bob-policy"),
  step("update", "vault:index/policy:Policy", "alice-policy"),
  step("update", "command:local:Command", "devvm-apply", {
    drift: "timer of alice: disabled (apply 3, 0a1b2c3d)\nfile `x`: @bob",
  }),
];
const UNKNOWN = [{ severity: "warning", message: "unknown: workstation gpu-lab: it does not answer" }];

describe("a preview's comment", () => {
  it("names who and what, where the repository is not public", () => {
    expect(commentOf(preview(CHANGED, UNKNOWN), true)).toBe(
      [
        "### claude-fleet: 2 changes, and 1 thing is unknown",
        "",
        "- 1 × `update command:local:Command`",
        "- 1 × `update vault:index/policy:Policy`",
        "- `update alice-policy`",
        "- `update devvm-apply`",
        "  - `timer of alice: disabled (apply 3, 0a1b2c3d)`",
        "  - `file 'x': @bob`",
        "- `unknown: workstation gpu-lab: it does not answer`",
        "",
      ].join("\n"),
    );
  });

  it("names no user and no host in a public repository", () => {
    const comment = commentOf(preview(CHANGED, UNKNOWN), false);
    expect(comment).toContain("2 changes, and 1 thing is unknown");
    expect(comment).toContain("- 1 × `update vault:index/policy:Policy`");
    for (const name of ["alice", "bob", "devvm", "gpu-lab"]) expect(comment).not.toContain(name);
  });

  it("counts each line about something unknown, and calls no preview failed that fails for these lines alone", () => {
    const message =
      "error: unknown: workstation gpu-lab: it is off\nunknown: token platform: it is, too\nNothing about that is in this preview.";
    const comment = commentOf(preview(CHANGED, [{ severity: "error", message }]), false);
    expect(comment).toContain("2 changes, and 2 things are unknown");
    for (const name of ["gpu-lab", "platform"]) expect(comment).not.toContain(name);
  });

  it("says so when there is nothing", () => {
    expect(commentOf(preview([step("same", "x:y:Z", "a")]), false)).toBe("### claude-fleet: no changes\n");
  });

  it("says so when the preview failed, and never that there is nothing then", () => {
    const failed = commentOf(
      preview([], [{ severity: "error", message: "Vault at https://v is sealed" }]),
      true,
    );
    expect(failed).toContain("the preview failed");
    expect(failed).toContain("sealed");
  });

  it("stays within what GitHub takes", () => {
    const many = Array.from({ length: 5000 }, (_, index) => step("create", "x:y:Z", `user-${index}`));
    expect(commentOf(preview(many), true).length).toBeLessThan(65_536);
  });

  it.each(["", "no JSON", "[]"])("is an error for %j", (text) => {
    expect(() => commentOf(text, true)).toThrow("no result of `pulumi preview --json`");
  });
});

describe("a proposed roster", () => {
  const NEW = ROSTER.replace("  alice:", "  bob:").replace("alice@", "bob@");

  it("brings its users", () => {
    const { text, otherWorkstations } = withUsersOf(ROSTER, NEW);
    const plan = load({ roster: text });
    expect(plan.workstations[0]?.users.map(({ name }) => name)).toEqual(["bob"]);
    expect(otherWorkstations).toBe(false);
  });

  it("brings no host, no login and no command of its own", () => {
    const evil = NEW.replace("ssh: deploy@devvm.example.net", "local: true").replace(
      "sudo -n",
      "curl https://x",
    );
    const { text, otherWorkstations } = withUsersOf(ROSTER, evil);
    expect(otherWorkstations).toBe(true);
    expect(load({ roster: text }).workstations).toMatchObject([
      { address: { kind: "ssh", destination: "deploy@devvm.example.net", become: ["sudo", "-n"] } },
    ]);
    expect(text).not.toContain("curl");
  });

  it("is refused by the loader where it is wrong", () => {
    const { text } = withUsersOf(ROSTER, NEW.replace("  bob:", "  ../bob:"));
    expect(() => load({ roster: text })).toThrow("../bob");
  });

  it("keeps what an anchor stands for", () => {
    const anchored = `x-o: &o 00000000-0000-4000-8000-000000000000\n${NEW}    organization: *o\n`;
    const [user] = load({ roster: withUsersOf(ROSTER, anchored).text }).workstations[0]?.users ?? [];
    expect(user?.organization).toBe("00000000-0000-4000-8000-000000000000");
  });

  it.each(["- a", "{", "text"])("%j is none", (text) => {
    expect(() => withUsersOf(ROSTER, text)).toThrow("the proposed roster is no YAML map");
  });
});

describe("the identities' files", () => {
  const files = identityFiles(load({ stack: readFileSync("Pulumi.prod.yaml", "utf8") }), "example/fleet");
  const contentOf = (name: string) => files.find((file) => file.name === name)?.content ?? "";

  it("are those that lie in ci/vault for the example", () => {
    for (const identity of ["administrator", "deployer", "observer"]) {
      expect(contentOf(`${identity}.hcl`)).toBe(readFileSync(`ci/vault/${identity}.hcl`, "utf8"));
    }
  });

  it("let in this repository's workflow alone", () => {
    expect(JSON.parse(contentOf("observer.json"))).toMatchObject({
      bound_claims: {
        repository: "example/fleet",
        job_workflow_ref: "example/fleet/.github/workflows/claude-fleet.yml@refs/heads/main",
      },
      token_policies: ["ci-prod-observer"],
    });
  });

  it.each(["", "fleet", "a/b/c", "*/*", "a b/c"])("are refused for the repository %j", (repository) => {
    expect(() => identityFiles(load(), repository)).toThrow("is not a repository");
  });
});
