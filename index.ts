/** The program: settings + roster -> plan -> what the hosts say -> components. */
import * as pulumi from "@pulumi/pulumi";
import { buildPrograms } from "./build/programs.ts";
import { declareFleet } from "./program/declare.ts";
import { readPlan } from "./program/read-plan.ts";
import { readVault } from "./program/read-vault.ts";
import { reportDrift } from "./program/report-drift.ts";
import { failOnUnknown, reviewFleet } from "./program/review.ts";
import { checkVaultOwnership } from "./program/vault-ownership.ts";
import { loginCommands } from "./program/outputs.ts";

const root = import.meta.dirname;
const owner = `${pulumi.getProject()}-${pulumi.getStack()}`;

const plan = readPlan(root);
const inVault = await readVault(plan, pulumi.runtime.isDryRun());
if (inVault !== undefined) checkVaultOwnership(plan, owner, inVault.seen);
const review = await reviewFleet(plan, await buildPrograms(root), inVault);
const workstations = await declareFleet(plan, review, owner);

/** Users who must log in once before they can be renewed, each with the command to type as that user. */
export const awaitingLogin = loginCommands(review.workstations, workstations);

if (inVault !== undefined) reportDrift(plan, owner, inVault.seen, review);
failOnUnknown(review);
