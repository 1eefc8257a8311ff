/** Differences that are made on the workstation. */
import { RENEWED, shortDigest } from "./world.ts";
import { FLEET, lookUp } from "../environment/vault.ts";
import { onWorkstation, placesOf, vaultTokenOf } from "../environment/workstation.ts";
import type { DriftCase } from "./case.ts";

const APPLY = "update devvm-apply";
const devvm = (line: string) => `workstation devvm: ${line}`;
const TIMER = "/etc/systemd/system/claude-auth-sync@.timer";
const PROGRAMS = "/usr/local/lib/claude-fleet";
const RECORD = `/etc/claude-fleet/${FLEET}/enrolled.json`;
const DROP_IN = "/etc/systemd/system/claude-auth-sync@alice.service.d";
/** What a review says of a file that was given to alice, whose uid is the first one of the workstation's users. */
const THEIRS = "belongs to uid 1001 and gid 0 instead of root";

/** Returns the case of a drift that a shell command makes and a single apply repairs. */
function byShell(what: string, shell: string, ...named: readonly string[]): DriftCase {
  return {
    what,
    make: async (environment) => {
      await onWorkstation(environment, shell);
      return { named: named.map(devvm), repairs: [APPLY] };
    },
  };
}

export const workstationDrift: readonly DriftCase[] = [
  {
    what: "a unit file that was edited",
    make: async (environment) => {
      const text = `${await onWorkstation(environment, `cat ${TIMER}`)}# By hand\n`;
      await onWorkstation(environment, `cat > ${TIMER}`, text);
      return {
        named: [devvm(`file ${TIMER}: has been edited; its digest is ${shortDigest(text)}`)],
        repairs: [APPLY],
      };
    },
  },
  byShell(
    "a unit file that anybody may write",
    `chmod 666 ${TIMER}`,
    `file ${TIMER}: has the mode 0666 instead of 0644`,
  ),
  byShell("a unit file of a user", `chown alice ${TIMER}`, `${TIMER}: ${THEIRS}`),
  byShell(
    "a user's own drop-in",
    `chown alice ${DROP_IN}/10-claude-fleet.conf`,
    `${DROP_IN}/10-claude-fleet.conf: ${THEIRS}`,
  ),
  byShell(
    "a folder of drop-ins for everybody",
    `chmod 1777 ${DROP_IN}`,
    `${DROP_IN}: has the mode 1777 instead of 0755`,
  ),
  byShell("a folder of programs of a user", `chown alice ${PROGRAMS}`, `${PROGRAMS}: ${THEIRS}`),
  byShell(
    "a folder of programs that is a link to a home",
    `rm -rf ~alice/p && mv ${PROGRAMS} ~alice/p && ln -s ~alice/p ${PROGRAMS}`,
    `${PROGRAMS}: is a symbolic link instead of a folder`,
  ),
  byShell("a record of a user", `chown alice ${RECORD}`, `${RECORD}: ${THEIRS}`),
  byShell("a unit file that was removed", `rm ${TIMER}`, `file ${TIMER}: is missing`),
  byShell(
    "a user's drop-in that was edited",
    "echo Environment=X=1 >> /etc/systemd/system/claude-auth-sync@alice.service.d/10-claude-fleet.conf",
    "user alice: a drop-in of the units has been edited",
  ),
  byShell(
    "a timer that was disabled",
    "systemctl disable --now claude-auth-sync@alice.timer",
    "user alice: the timer is disabled instead of enabled",
  ),
  byShell(
    "a timer that was masked",
    "systemctl disable --now claude-auth-sync@alice.timer && systemctl mask claude-auth-sync@alice.timer",
    "user alice: the timer is masked instead of enabled",
  ),
  byShell(
    "a timer that was stopped",
    "systemctl stop claude-auth-sync@alice.timer",
    "user alice: the timer is inactive instead of active",
  ),
  byShell(
    "a path unit that was disabled",
    "systemctl disable --now claude-auth-sync@alice.path",
    "user alice: the path unit is disabled instead of enabled",
  ),
  byShell(
    "the host's own timer, disabled",
    "systemctl disable --now claude-fleet-collect.timer",
    "unit claude-fleet-collect.timer: the unit is disabled instead of enabled",
  ),
  byShell(
    "a token file that others can read",
    `chmod 644 ${placesOf("alice").token}`,
    "user alice: the Vault token's file has the mode 0644 instead of 0600",
  ),
  {
    what: "a token file that was removed",
    make: async (environment) => {
      await onWorkstation(environment, `rm ${placesOf("alice").token}`);
      return {
        named: [devvm("user alice: there is no Vault token")],
        repairs: [APPLY],
        renewed: [placesOf("alice").token],
      };
    },
  },
  {
    what: "an agent of another version",
    make: async (environment) => {
      const version = (await onWorkstation(environment, `basename $(readlink ${PROGRAMS}/current)`)).trim();
      const script = [
        `cp -a ${PROGRAMS}/${version} ${PROGRAMS}/0.0.9`,
        `sed -i s/${version.replaceAll(".", "\\.")}/0.0.9/ ${PROGRAMS}/0.0.9/claude-*`,
        `echo '// older' >> ${PROGRAMS}/0.0.9/program.cjs`,
        `ln -sfn 0.0.9 ${PROGRAMS}/current`,
        `for one in 0.0.9 ${version}; do sha256sum < ${PROGRAMS}/$one/program.cjs | cut -c1-12; done`,
      ].join(" && ");
      const [older, ours] = (await onWorkstation(environment, script)).trim().split("\n");
      return {
        named: [devvm(`program: is 0.0.9 ${older} instead of ${version} ${ours}`)],
        repairs: [APPLY],
      };
    },
  },
  {
    what: "a user whom no roster has",
    make: async (environment) => {
      await onWorkstation(environment, "systemctl enable --now claude-auth-sync@john.doe.timer");
      return {
        named: [devvm("user john.doe: has a timer or path unit here but is in no roster")],
        repairs: ["update devvm-retire"],
      };
    },
  },
  byShell(
    "a timer of a user who is known and not renewed",
    "systemctl enable --now claude-auth-sync@dave.timer",
    "user dave: has a timer but is not renewed",
  ),
  {
    what: "a user of the roster who was taken out by hand",
    make: async (environment) => {
      const { accessor } = await lookUp(environment, (await vaultTokenOf(environment, "alice")) ?? "");
      const places = placesOf("alice");
      const script = [
        "systemctl disable --now claude-auth-sync@alice.timer claude-auth-sync@alice.path",
        "rm -r /etc/systemd/system/claude-auth-sync*@alice.*.d",
        `rm ${places.token} ${places.accessor}`,
        `node -e 'const fs = require("node:fs"); const { alice, ...others } = JSON.parse(fs.readFileSync("${RECORD}")); fs.writeFileSync("${RECORD}", JSON.stringify(others))'`,
      ].join(" && ");
      await onWorkstation(environment, script);
      return {
        named: [
          `Vault: token ${accessor}: created for alice on devvm; no enrolled user has it`,
          devvm("file /etc/systemd/system/claude-auth-sync@alice.timer.d/10-claude-fleet.conf: is missing"),
          devvm("user alice: is in the roster but not enrolled here"),
        ],
        repairs: [APPLY, `update ${FLEET}-strays`],
        renewed: [places.token],
      };
    },
  },
  {
    what: "a workstation on which all that was applied is gone",
    make: async (environment) => {
      const script = [
        ...RENEWED.map(
          (user) => `systemctl disable --now claude-auth-sync@${user}.timer claude-auth-sync@${user}.path`,
        ),
        `rm -r /etc/claude-fleet ${PROGRAMS} /etc/systemd/system/claude-*`,
      ].join(" && ");
      await onWorkstation(environment, script);
      return { named: [devvm("nothing has been applied here")], repairs: [APPLY] };
    },
  },
];
