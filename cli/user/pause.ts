/** `claude-fleet pause USER` and `resume USER`. */
import { hostname, userInfo } from "node:os";
import { answer, forUser, type UserOptions } from "./for-user.ts";

/** Pauses the user. @returns 0, also when the user was paused already */
export function pause(name: string, options: UserOptions & { readonly reason: string }): Promise<number> {
  return forUser(name, options, async ({ workstation, target, ask }) => {
    const by = `${userInfo().username}@${hostname()}`;
    const request = { action: "pause", target, by, reason: options.reason } as const;
    const result = await ask(request);
    const mark = result.paused;
    const why = mark === null || mark.reason === "" ? "" : ` (${mark.reason})`;
    const since = mark === null ? "" : `, since ${mark.at || "an unknown time"} by ${mark.by}${why}`;
    const already = result.changed ? "" : " already";
    answer(options, result, `${name} is${already} paused on ${workstation.name}${since}`);
    return 0;
  });
}

/** Ends a pause. @returns 0, also when the user was not paused */
export function resume(name: string, options: UserOptions): Promise<number> {
  return forUser(name, options, async ({ workstation, target, ask }) => {
    const result = await ask({ action: "resume", target });
    const words = result.changed ? "is renewed again" : "was not paused";
    answer(options, result, `${name} ${words} on ${workstation.name}`);
    return 0;
  });
}
