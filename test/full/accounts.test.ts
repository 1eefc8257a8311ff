/** Accounts and homes as a site has them: from a directory, without a login shell, elsewhere than below /home. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { programLinks } from "../../dev/workstation.ts";
import { expectSuccess, preview, restoreStack, up, type PulumiRun } from "../e2e/support/pulumi.ts";
import { committedRoster, settingsWith, withUsers } from "../e2e/support/roster.ts";
import { backup, lookUp, statusOfToken } from "../e2e/support/vault.ts";
import {
  awaitRest,
  onWorkstation,
  placesOf,
  runService,
  tryOnWorkstation,
  unwatch,
} from "../e2e/support/workstation.ts";

/** From the directory alone; nobody may log in as this user, and nothing but their own folder has the CLI. */
const USER = "lea.directory";
const UID = 20_001;
/** Known to the directory, with a home that nobody has made yet. */
const HOMELESS = "newcomer";

const PEOPLE = "/srv/people";
const MOVED = "/srv/moved";
const UNIT_FOLDER = `/etc/systemd/system/claude-auth-sync@${USER}.service.d`;
/** The site's own settings beside the fleet's. */
const SITE = `${UNIT_FOLDER}/50-site.conf`;

let environment: DevEnvironment;
let home = `${PEOPLE}/${USER}`;

const root = (shell: string, input?: string) => onWorkstation(environment, shell, input);
const places = () => placesOf(USER, home);
const tokenOf = async () => (await root(`cat ${places().token}`)).trim();

/** The directory's entries, in the format of passwd(5). */
function directory(): Promise<string> {
  const entries = [
    `${USER}:x:${UID}:${UID}:Lea:${home}:/usr/sbin/nologin`,
    `${HOMELESS}:x:${UID + 1}:${UID + 1}:New:${PEOPLE}/${HOMELESS}:/bin/bash`,
  ];
  return root("cat > /var/lib/extrausers/passwd", `${entries.join("\n")}\n`);
}

async function applied(...users: readonly string[]): Promise<PulumiRun> {
  const entries = users.map(
    (user) => [user, { workstation: "devvm", email: `${user}@example.com` }] as const,
  );
  const roster = withUsers(await committedRoster(), Object.fromEntries(entries));
  return up(environment, { configFile: await settingsWith(roster) });
}

/** The credentials file, written by its owner, who has no shell of their own. */
async function logIn(): Promise<string> {
  const { claudeAiOauth } = await environment.anthropic.login(`${USER}@example.com`);
  const write = `umask 077; mkdir -p ${home}/.claude && cat > ${home}/.claude/.credentials.json`;
  await root(`runuser -u ${USER} -- sh -c '${write}'`, `${JSON.stringify({ claudeAiOauth })}\n`);
  return claudeAiOauth.accessToken;
}

beforeAll(async () => {
  environment = await devEnvironment();
  await environment.anthropic.behaveWell();
  await root(
    [
      "mkdir -p /var/lib/extrausers",
      "sed -i 's/^passwd:.*/passwd: files extrausers/' /etc/nsswitch.conf",
      `mkdir -p ${PEOPLE} && mount -t tmpfs -o mode=755 tmpfs ${PEOPLE}`,
      `install -d -o ${UID} -g ${UID} -m 700 ${home}`,
    ].join(" && "),
  );
  await directory();
  // As its installer leaves it: a link in a folder of the user's own.
  await root(
    `claude=$(readlink -f /usr/local/bin/claude) && rm /usr/local/bin/claude && runuser -u ${USER} -- sh -c "mkdir -p ${home}/.local/bin && ln -s $claude ${home}/.local/bin/claude"`,
  );
});

afterAll(async () => {
  await root(programLinks);
  await restoreStack(environment);
  await root(
    `rm -f ${SITE} && { rmdir ${UNIT_FOLDER} 2>/dev/null || true; } && systemctl daemon-reload && umount ${PEOPLE} && rm -r ${PEOPLE} ${MOVED} /var/lib/extrausers/passwd && sed -i 's/^passwd:.*/passwd: files/' /etc/nsswitch.conf`,
  );
});

describe("a user whom only the directory knows", () => {
  it("is enrolled, and another one's missing home is that one's trouble alone", async () => {
    const ended = await applied(USER, HOMELESS);
    expect(ended.code, ended.output).not.toBe(0);
    expect(ended.output).toMatch(
      new RegExp(`${HOMELESS}: .*cannot be made \\(EACCES\\); give the user a writable home with room in it`),
    );
    expect(await lookUp(environment, await tokenOf())).toMatchObject({ meta: { user: USER }, orphan: true });
    expectSuccess(await applied(USER));
  });

  it("has everything in the home that the host names, on its own file system", async () => {
    const { configFolder, token, accessor } = places();
    expect(await root(`stat -c '%a %u %F' ${configFolder} ${token} ${accessor}`)).toBe(
      `700 ${UID} directory\n600 ${UID} regular file\n600 ${UID} regular file\n`,
    );
    expect(await root(`stat -f -c %T ${token}`)).toBe("tmpfs\n");
    expect(await root(`ls -d /home/${USER} 2>/dev/null || echo none`)).toBe("none\n");
    const unit = `systemctl show claude-auth-sync@${USER}.service -p User -p ReadWritePaths`;
    expect(await root(unit)).toBe(`User=${UID}\nReadWritePaths=-${home}\n`);
  });

  it("is renewed by the CLI of their own folder, though no shell lets them in", async () => {
    await unwatch(environment, USER);
    const token = await logIn();
    const ran = await runService(environment, USER, home);
    expect(ran.journal).toMatch(new RegExp(`^OK user=${USER.replace(".", "\\.")} class=ok `));
    expect(String((await backup(environment, USER))?.data["claude_ai_oauth_json"])).toContain(token);
    const refused = await tryOnWorkstation(environment, `runuser -l ${USER} -c true`);
    expect(refused.code, refused.output).not.toBe(0);
  });

  it("may start the proof of their own login, and nobody else's", async () => {
    const start = (user: string) =>
      tryOnWorkstation(environment, `runuser -u ${USER} -- systemctl start claude-auth-sync@${user}.service`);
    const own = await start(USER);
    expect(own.code, own.output).toBe(0);
    expect((await start("alice")).code).not.toBe(0);
  });

  it("keeps the site's own settings of their unit", async () => {
    await root(`cat > ${SITE} && systemctl daemon-reload`, "[Service]\nEnvironment=SITE=kept\n");
    await root("systemctl start claude-fleet-assert.service");
    expectSuccess(await applied(USER));
    expect(await root(`systemctl show claude-auth-sync@${USER}.service -p Environment`)).toMatch(
      /^Environment=(?=.*\bCLAUDE_FLEET=).*\bSITE=kept\b/,
    );
  });
});

describe("a home that moves", () => {
  let accessor: string;

  it("is seen by a review", async () => {
    accessor = (await lookUp(environment, await tokenOf())).accessor;
    home = `${MOVED}/${USER}`;
    await root(`mkdir -p ${MOVED} && cp -a ${PEOPLE}/${USER} ${MOVED}/ && rm -r ${PEOPLE}/${USER}`);
    await directory();
    const roster = withUsers(await committedRoster(), {
      [USER]: { workstation: "devvm", email: `${USER}@example.com` },
    });
    const options = { configFile: await settingsWith(roster), args: ["--diff"] };
    expect((await preview(environment, options)).output).toContain(
      `user ${USER}: a drop-in of the units has been edited`,
    );
  });

  it("is followed by an up, with the token that moved along", async () => {
    expectSuccess(await applied(USER));
    expect((await lookUp(environment, await tokenOf())).accessor).toBe(accessor);
    await awaitRest(environment, USER);
    const ran = await runService(environment, USER, home);
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
