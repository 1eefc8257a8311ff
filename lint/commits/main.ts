/** `npm run lint:commits`: checks that commit subjects are short. */
import { longSubjects } from "./subjects.ts";

const found = await longSubjects(".");
for (const { commit, subject, length } of found) {
  process.stdout.write(`${commit}  subject has ${length} characters, at most 72 are allowed: ${subject}\n`);
}
process.exitCode = found.length === 0 ? 0 : 1;
