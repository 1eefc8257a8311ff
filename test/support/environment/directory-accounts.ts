/** Accounts of a directory service on the workstation: known by nss alone, with homes on a file system of their own. */
import type { DevEnvironment } from "../../../dev/environment.ts";
import { programLinks } from "../../../dev/workstation.ts";
import { up, type PulumiRun } from "./pulumi.ts";
import { committedRoster, settingsWith, withUsers, type Roster } from "./roster.ts";
import { onWorkstation } from "./workstation.ts";

/** A user from the directory alone. Their account has no login shell, and only their own folder has the CLI. */
export const USER = "lea.directory";
export const UID = 20_001;
/** A user whom the directory knows, and whose home does not exist yet. */
export const HOMELESS = "newcomer";

const PEOPLE = "/srv/people";
const MOVED = "/srv/moved";
const ENTRIES = "/var/lib/extrausers/passwd";

/** Where systemd looks for the site's own settings of the user's unit, beside the fleet's. */
export const UNIT_FOLDER = `/etc/systemd/system/claude-auth-sync@${USER}.service.d`;

/** The directory, its user's home, and the CLI that only this home has. */
export class DirectoryAccounts {
  /** Absolute path of the user's home. */
  home = `${PEOPLE}/${USER}`;

  private constructor(private readonly environment: DevEnvironment) {}

  static async open(environment: DevEnvironment): Promise<DirectoryAccounts> {
    const accounts = new DirectoryAccounts(environment);
    await accounts.root(
      [
        "mkdir -p /var/lib/extrausers",
        "sed -i 's/^passwd:.*/passwd: files extrausers/' /etc/nsswitch.conf",
        `mkdir -p ${PEOPLE} && mount -t tmpfs -o mode=755 tmpfs ${PEOPLE}`,
        `install -d -o ${UID} -g ${UID} -m 700 ${accounts.home}`,
      ].join(" && "),
    );
    await accounts.write();
    // As its installer leaves it: a link in a folder of the user's own.
    await accounts.root(
      `claude=$(readlink -f /usr/local/bin/claude) && rm /usr/local/bin/claude && runuser -u ${USER} -- sh -c "mkdir -p ${accounts.home}/.local/bin && ln -s $claude ${accounts.home}/.local/bin/claude"`,
    );
    return accounts;
  }

  /** Takes everything away again; no roster may have the users any more. */
  async close(): Promise<void> {
    await this.root(
      `rm -rf ${UNIT_FOLDER} && systemctl daemon-reload && umount ${PEOPLE} && rm -rf ${PEOPLE} ${MOVED} ${ENTRIES} && sed -i 's/^passwd:.*/passwd: files/' /etc/nsswitch.conf`,
    );
  }

  /** Gives everybody the CLI again, as it was before. */
  async shareCli(): Promise<void> {
    await this.root(programLinks);
  }

  /** Moves the user's home, and says so in the directory. */
  async move(): Promise<void> {
    this.home = `${MOVED}/${USER}`;
    await this.root(`mkdir -p ${MOVED} && cp -a ${PEOPLE}/${USER} ${MOVED}/ && rm -r ${PEOPLE}/${USER}`);
    await this.write();
  }

  /** The credentials file, written by its owner, who has no shell of their own. Returns the access token. */
  async logIn(): Promise<string> {
    const { claudeAiOauth } = await this.environment.anthropic.login(`${USER}@example.com`);
    const write = `umask 077; mkdir -p ${this.home}/.claude && cat > ${this.home}/.claude/.credentials.json`;
    await this.root(`runuser -u ${USER} -- sh -c '${write}'`, `${JSON.stringify({ claudeAiOauth })}\n`);
    return claudeAiOauth.accessToken;
  }

  private async write(): Promise<void> {
    // In the format of passwd(5).
    const entries = [
      `${USER}:x:${UID}:${UID}:Lea:${this.home}:/usr/sbin/nologin`,
      `${HOMELESS}:x:${UID + 1}:${UID + 1}:New:${PEOPLE}/${HOMELESS}:/bin/bash`,
    ];
    await this.root(`cat > ${ENTRIES}`, `${entries.join("\n")}\n`);
  }

  private root(shell: string, input?: string): Promise<string> {
    return onWorkstation(this.environment, shell, input);
  }
}

/** The committed roster with some of the directory's users, too. */
export async function rosterWith(...users: readonly string[]): Promise<Roster> {
  const entries = users.map(
    (user) => [user, { workstation: "devvm", email: `${user}@example.com` }] as const,
  );
  return withUsers(await committedRoster(), Object.fromEntries(entries));
}

/** Applies that roster. */
export async function applied(environment: DevEnvironment, ...users: readonly string[]): Promise<PulumiRun> {
  return up(environment, { configFile: await settingsWith(await rosterWith(...users)) });
}
