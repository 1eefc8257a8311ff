/** Accounts and homes as a site has them: one whose home is missing, settings of the site, a home that moves. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import {
  applied,
  DirectoryAccounts,
  HOMELESS,
  rosterWith,
  UID,
  UNIT_FOLDER,
  USER,
} from "../support/environment/directory-accounts.ts";
import { expectSuccess, preview, restoreStack, up } from "../support/environment/pulumi.ts";
import { settingsWith } from "../support/environment/roster.ts";
import { lookUp, statusOfToken } from "../support/environment/vault.ts";
import {
  awaitRest,
  onWorkstation,
  placesOf,
  runService,
  tryOnWorkstation,
  unwatch,
} from "../support/environment/workstation.ts";

/** The site's own settings beside the fleet's. */
const SITE = `${UNIT_FOLDER}/50-site.conf`;

let environment: DevEnvironment;
let accounts: DirectoryAccounts;

const root = (shell: string, input?: string) => onWorkstation(environment, shell, input);
const places = () => placesOf(USER, accounts.home);
const tokenOf = async () => (await root(`cat ${places().token}`)).trim();

beforeAll(async () => {
  environment = await devEnvironment();
  await environment.anthropic.behaveWell();
  accounts = await DirectoryAccounts.open(environment);
});

afterAll(async () => {
  await accounts.shareCli();
  await restoreStack(environment);
  await accounts.close();
});

describe("a user whom only the directory knows", () => {
  it("is enrolled, and another one's missing home is that one's trouble alone", async () => {
    const ended = await applied(environment, USER, HOMELESS);
    expect(ended.code, ended.output).not.toBe(0);
    expect(ended.output).toMatch(
      new RegExp(
        `${HOMELESS}: .*cannot be made a folder that only its user can enter \\(EACCES\\); give the folders above it to the user`,
      ),
    );
    expect(await lookUp(environment, await tokenOf())).toMatchObject({ meta: { user: USER }, orphan: true });
    expectSuccess(await applied(environment, USER));
  });

  it("has a unit that may write to the home which the host names", async () => {
    const unit = `systemctl show claude-auth-sync@${USER}.service -p User -p ReadWritePaths`;
    expect(await root(unit)).toBe(`User=${UID}\nReadWritePaths=-${accounts.home}\n`);
  });

  it("may ask for the proof of their own login only", async () => {
    await unwatch(environment, USER);
    await accounts.logIn();
    const asUser = (shell: string) => tryOnWorkstation(environment, `runuser -u ${USER} -- ${shell}`);
    const own = await asUser("claude-auth-sync now");
    expect(own.code, own.output).toBe(0);
    for (const user of [USER, "alice"])
      expect((await asUser(`systemctl start claude-auth-sync@${user}.service`)).code).not.toBe(0);
  });

  it("keeps the site's own settings of their unit", async () => {
    await root(`cat > ${SITE} && systemctl daemon-reload`, "[Service]\nEnvironment=SITE=kept\n");
    await root("systemctl start claude-fleet-assert.service");
    expectSuccess(await applied(environment, USER));
    expect(await root(`systemctl show claude-auth-sync@${USER}.service -p Environment`)).toMatch(
      /^Environment=(?=.*\bCLAUDE_FLEET=).*\bSITE=kept\b/,
    );
  });
});

describe("a home that moves", () => {
  let accessor: string;

  it("is seen by a review", async () => {
    accessor = (await lookUp(environment, await tokenOf())).accessor;
    await accounts.move();
    const options = { configFile: await settingsWith(await rosterWith(USER)), args: ["--diff"] };
    expect((await preview(environment, options)).output).toContain(
      `user ${USER}: a drop-in of the units has been edited`,
    );
  });

  it("is followed by an up, with the token that moved along", async () => {
    expectSuccess(await applied(environment, USER));
    expect((await lookUp(environment, await tokenOf())).accessor).toBe(accessor);
    await awaitRest(environment, USER);
    const ran = await runService(environment, USER, accounts.home);
    expect(ran, ran.journal).toMatchObject({ code: 0, result: "success" });
  });
});

describe("a user of the directory who leaves the roster", () => {
  it("loses their token, and neither home nor login nor the site's settings", async () => {
    const token = await tokenOf();
    expectSuccess(await up(environment));
    expect(await statusOfToken(environment, token)).toBe(403);
    const { credentials, configFolder } = places();
    expect(await root(`ls -A ${configFolder}; test -s ${credentials} && ls ${UNIT_FOLDER}`)).toBe(
      "50-site.conf\n",
    );
  });
});
