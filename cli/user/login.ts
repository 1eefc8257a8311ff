/** `claude-fleet login USER`: says how that user logs in, and waits until the login is proven. */
import { parseDuration } from "../../lib/duration.ts";
import { ExpectedError } from "../../lib/expected-error.ts";
import { answer, forUser, type UserOptions } from "./for-user.ts";

/** The command that a user types on their workstation. */
export function loginCommand(email: string): string {
  return `claude auth login --claudeai --sso --email ${email}`;
}

/** Waits for `options.timeout`. @returns 0 once the login is proven */
export function login(name: string, options: UserOptions & { readonly timeout: string }): Promise<number> {
  return forUser(name, options, async ({ user, workstation, host, target, ask }) => {
    const timeoutSeconds = parseDuration(options.timeout) ?? 0;
    if (timeoutSeconds < 1 || timeoutSeconds > 86_400) {
      throw new ExpectedError(`--timeout takes a duration up to 24h, such as 30m, not "${options.timeout}".`);
    }
    // On standard error, which a person sees even where the answer goes into a pipe.
    process.stderr.write(
      `As ${user.name} on ${workstation.name} (${host}), type:\n\n    ${loginCommand(user.email)}\n\n`,
    );
    const request = { action: "await-login", target, timeoutSeconds } as const;
    const { run } = await ask(request);
    answer(options, run, `${user.name} is logged in on ${workstation.name}`);
    return 0;
  });
}
