/** Declares the policy pack. It is bundled to `dist/pack.js`, because the engine runs TypeScript slowly. */
import { PolicyPack } from "@pulumi/policy";
import { rules } from "./rules.ts";

new PolicyPack("claude-fleet", { enforcementLevel: "mandatory", policies: [...rules] });
