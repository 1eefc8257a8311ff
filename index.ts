/** The Pulumi program: settings and roster become the plan, hosts and Vault are observed, components are declared. */
import path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { declareFleet } from "./program/declare.ts";
import { observeFleet } from "./program/observe.ts";
import { loginCommands } from "./program/outputs.ts";
import { readPlan } from "./program/read-plan.ts";
import { readVault } from "./program/read-vault.ts";
import { failForUnknown, failForWithheld, showDrift, showWarnings, stopFor } from "./program/report.ts";
import { believable, fleetProblems, ownershipProblems, reportedBy, vaultReport } from "./program/problems.ts";
import { reviewFleet } from "./program/review.ts";
import { readHostProgram } from "./remote/program-file.ts";
import { NO_SURVEY, surveyTokens } from "./program/fleet-tokens.ts";

const root = import.meta.dirname;
/** Names this stack as the owner of the fleet's names in Vault. */
const owner = `${pulumi.getProject()}-${pulumi.getStack()}`;
const run = { preview: pulumi.runtime.isDryRun(), now: new Date().toISOString() };

const plan = readPlan(root);
const vault = await readVault(plan, run.preview);
if (vault !== undefined) stopFor(ownershipProblems(plan, owner, vault.seen));

const reported = await observeFleet(plan, await readHostProgram(path.join(root, "dist")));
const survey =
  vault === undefined ? NO_SURVEY : await surveyTokens(plan, vault, reportedBy(reported.workstations));
const observed = believable(plan, reported, survey);
const inVault = vault && vaultReport(vault.seen, survey, observed);
stopFor(fleetProblems(plan, reported, inVault));

const review = reviewFleet(plan, observed, inVault, run);
showWarnings(review, run);
const workstations = await declareFleet(plan, review, owner);

/** Users who must log in once before they can be renewed, each with the command to type as that user. */
export const awaitingLogin = loginCommands(review.workstations, workstations);

if (run.preview && inVault !== undefined) showDrift(plan, owner, inVault.seen, review);
if (run.preview) failForUnknown(review);
else await failForWithheld(review);
