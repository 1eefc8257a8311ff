/** What the agent does while it is killed. */
import { CONFIG } from "../simulation/places.ts";
import type { Stage } from "./stage.ts";

const NEVER = { when: "before", step: 0 } as const;

/** By name: what happens before the killed run. */
export const SCENES: Readonly<Record<string, (stage: Stage) => Promise<void>>> = {
  "a first backup": (stage) => stage.signIn(),
  "a login that is stored already": settled,
  async "a refresh"(stage) {
    await settled(stage);
    await stage.expire();
  },
  async "a restore"(stage) {
    await settled(stage);
    await stage.removeLogin();
  },
  async "another writer beside the backup"(stage) {
    await settled(stage);
    await stage.expire();
    let writes = 0;
    stage.vault.beforeWrite = (path) => {
      const entry = stage.vault.entries.get(path);
      if (entry?.data && writes++ < 2)
        stage.vault.entries.set(path, {
          data: { ...entry.data, sibling: String(writes) },
          version: entry.version + 1,
        });
    };
  },
};

async function settled(stage: Stage): Promise<void> {
  await stage.signIn();
  const { said } = await stage.live("run", NEVER);
  if (!/^OK /m.test(said) || !stage.vault.entries.has(CONFIG.dataPath))
    throw new Error(`The scene did not begin: ${said}`);
}
