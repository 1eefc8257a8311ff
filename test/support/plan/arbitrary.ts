/** Rosters that the loader accepts, for property tests. */
import fc from "fast-check";

/** A user name that works all the way through. */
const userName = fc
  .stringMatching(/^[a-z_][a-z0-9._-]{0,30}[a-z0-9_-]$/)
  .filter(
    (name) =>
      !name.includes("..") &&
      !["root", "nobody", "constructor", "__proto__"].includes(name) &&
      !name.startsWith("x-") &&
      !/\.[a-z]+$/.test(name),
  );

const user = fc.record(
  {
    email: fc.constantFrom("a@example.com", "o'brien@mail.example.org"),
    organization: fc.uuid(),
    renewal: fc.boolean(),
    claude: fc.constantFrom("/home/a b/.local/bin/claude", '/opt/100%/"claude"\\x'),
  },
  { requiredKeys: ["email"] },
);

/** A roster as data: JSON is YAML. */
export const rosterData = fc
  .record({
    workstations: fc.constantFrom<string[][]>(["devvm"], ["devvm", "gpu-lab"], ["a.b", "devvm", "z9"]),
    users: fc.dictionary(userName, user, { maxKeys: 8, noNullPrototype: true }),
    pick: fc.infiniteStream(fc.nat()),
  })
  .map(({ workstations, users, pick }) => ({
    workstations: Object.fromEntries(workstations.map((name) => [name, { ssh: `deploy@${name}` }])),
    users: Object.fromEntries(
      Object.entries(users).map(([name, entry]) => [
        name,
        { ...entry, workstation: workstations[(pick.next().value ?? 0) % workstations.length]! },
      ]),
    ),
  }));
