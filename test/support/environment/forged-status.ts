/** What bob can put in the place of the status from which root renders his figures. */
import type { DevEnvironment } from "../../../dev/environment.ts";
import { collect } from "./figures.ts";
import { onWorkstation, placesOf } from "./workstation.ts";

/** The status of a user, as the agent writes it. */
export const statusOf = (user: string) => placesOf(user).agentState.replace("state.json", "status.json");

/** Figures by everything that stands before them. */
export type Figures = Awaited<ReturnType<typeof collect>>;

/**
 * What root renders before and after bob has run `shell`; his status is afterwards what it was. He is at rest meanwhile.
 * @param shell lines for sh(1), run as bob; `.local/state`, moved to `kept`, is put back
 */
export async function forgeStatus(
  environment: DevEnvironment,
  shell: string,
): Promise<{ before: Figures; after: Figures }> {
  const asBob = (lines: string) =>
    onWorkstation(environment, "runuser -l bob -s /bin/sh -c 'sh -eus'", lines);
  const status = statusOf("bob");
  const good = await onWorkstation(environment, `cat ${status}`);
  const before = await collect(environment);
  try {
    await asBob(shell);
    return { before, after: await collect(environment) };
  } finally {
    await asBob("cd ~ && [ ! -h .local/state ] || { rm .local/state && mv kept .local/state; }");
    const write = `rm -f ${status} && cat > ${status}`;
    await onWorkstation(environment, `runuser -u bob -- sh -c '${write}'`, good);
  }
}

/** The figures of one user. */
export const figuresOf = (all: Figures, user: string) =>
  Object.fromEntries([...all].filter(([name]) => name.includes(`user="${user}"`)));
