/** A user as a site has them: from a directory, without a login shell, with a home elsewhere and a CLI of their own. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { applied, DirectoryAccounts, UID, USER } from "../support/environment/directory-accounts.ts";
import { expectSuccess, restoreStack } from "../support/environment/pulumi.ts";
import { backup } from "../support/environment/vault.ts";
import {
  onWorkstation,
  placesOf,
  runService,
  tryOnWorkstation,
  unwatch,
} from "../support/environment/workstation.ts";

let environment: DevEnvironment;
let accounts: DirectoryAccounts;

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

it("is renewed by the CLI of their own folder, with everything in the home that the host names", async () => {
  expectSuccess(await applied(environment, USER));
  await unwatch(environment, USER);
  const login = await accounts.logIn();
  const ran = await runService(environment, USER, accounts.home);
  expect(ran.journal).toMatch(new RegExp(`^OK user=${USER.replace(".", "\\.")} class=ok `));
  expect(String((await backup(environment, USER))?.data["claude_ai_oauth_json"])).toContain(login);

  const { configFolder, token, accessor } = placesOf(USER, accounts.home);
  expect(await onWorkstation(environment, `stat -c '%a %u %F' ${configFolder} ${token} ${accessor}`)).toBe(
    `700 ${UID} directory\n600 ${UID} regular file\n600 ${UID} regular file\n`,
  );
  expect(await onWorkstation(environment, `stat -f -c %T ${token}`)).toBe("tmpfs\n");
  expect(await onWorkstation(environment, `ls -d /home/${USER} 2>/dev/null || echo none`)).toBe("none\n");
  const refused = await tryOnWorkstation(environment, `runuser -l ${USER} -c true`);
  expect(refused.code, refused.output).not.toBe(0);
});
