/** `claude-fleet ci …`: what the workflow of a fork runs beside `pulumi` itself (docs/ci.md). */
import path from "node:path";
import { Argument, type Command } from "commander";
import { IDENTITIES, type Identity } from "../../plan/identities.ts";
import type { FleetPlan } from "../../plan/model.ts";
import { readInput, reportProblems, writeOutput } from "../problems.ts";
import { chooseStack, projectFolder } from "../stack/project.ts";
import { readStackPlan } from "../stack/read-plan.ts";
import { commentOf } from "./comment.ts";
import { logIn, logOut } from "./login.ts";
import { writeIdentityFiles } from "./policies.ts";
import { withUsersOf } from "./proposal.ts";

interface StackOptions {
  readonly stack?: string;
}

const STACK = [
  "--stack <name>",
  "the stack; by default the one that is selected, or the only one there is",
] as const;

/** Adds the commands. */
export function addCiCommands(program: Command): void {
  const ci = program.command("ci").description("what the workflow of a fork runs; see docs/ci.md");

  ci.command("login")
    .addArgument(new Argument("<identity>", "as whom").choices(IDENTITIES))
    .description(
      "log in to Vault as this job, by what GitHub signs about it; the token is left in ~/.vault-token",
    )
    .option(...STACK)
    .addHelpText("after", "\nExamples:\n  claude-fleet ci login observer --stack prod\n")
    .action((identity: Identity, options: StackOptions) => run(() => logIn(planOf(options), identity)));

  ci.command("logout")
    .description("give that token back")
    .option(...STACK)
    .addHelpText("after", "\nExamples:\n  claude-fleet ci logout --stack prod\n")
    .action((options: StackOptions) => run(() => logOut(planOf(options))));

  ci.command("policies")
    .description(
      "write the policies and login roles of the three identities as files, and say how Vault gets them",
    )
    .requiredOption("--repository <owner/name>", "whose workflow may log in")
    .option("--out <folder>", "where to", "vault-identities")
    .option(...STACK)
    .addHelpText(
      "after",
      "\nExamples:\n  claude-fleet ci policies --repository example/claude-fleet --stack prod\n",
    )
    .action((options: StackOptions & { repository: string; out: string }) =>
      run(async () => {
        const commands = await writeIdentityFiles(
          planOf(options),
          options.repository,
          path.resolve(options.out),
        );
        process.stdout.write(`wrote ${options.out}; there, as who may write policies and auth methods:\n`);
        for (const command of commands) process.stdout.write(`  ${command}\n`);
      }),
    );

  ci.command("propose")
    .argument("<roster>", "a proposed roster")
    .description(
      "take the users of a proposed roster into this checkout's, and leave its workstations as they are",
    )
    .option("--roster <file>", "this checkout's", "roster.yaml")
    .addHelpText("after", "\nExamples:\n  claude-fleet ci propose /tmp/roster-of-the-pull-request.yaml\n")
    .action((proposed: string, options: { roster: string }) =>
      run(async () => {
        const merged = withUsersOf(await readInput(options.roster), await readInput(proposed));
        await writeOutput(options.roster, merged.text);
        if (merged.otherWorkstations) {
          process.stderr.write(
            "the proposal changes workstations, too; those are previewed once it is merged\n",
          );
        }
      }),
    );

  ci.command("comment")
    .argument("<preview>", "what `pulumi preview --json` has printed")
    .description("tell a preview's result in Markdown; without any name unless --names is given")
    .option("--names", "name users, hosts and differences: for repositories that are not public")
    .addHelpText("after", "\nExamples:\n  claude-fleet ci comment preview.json --names > comment.md\n")
    .action((file: string, options: { names?: boolean }) =>
      run(async () => {
        process.stdout.write(commentOf(await readInput(file), options.names === true));
      }),
    );
}

function planOf({ stack }: StackOptions): FleetPlan {
  const root = projectFolder();
  return readStackPlan(root, chooseStack(root, stack));
}

async function run(work: () => Promise<void>): Promise<void> {
  await work().catch((error: unknown) => {
    process.exitCode = reportProblems(error);
  });
}
