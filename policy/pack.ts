/** The policy pack: every rule, mandatory. Bundled to `dist/pack.js`, as the engine cannot run TypeScript modules quickly. */
import { PolicyPack } from "@pulumi/policy";
import { rules } from "./rules.ts";

new PolicyPack("claude-fleet", { enforcementLevel: "mandatory", policies: [...rules] });
