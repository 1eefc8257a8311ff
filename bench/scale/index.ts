/** The fleet's part in Vault for many users, and no host: the same components as the real program's. */
import * as pulumi from "@pulumi/pulumi";
import * as vault from "@pulumi/vault";
import { FleetVault } from "../../components/fleet-vault.ts";
import { UserAccess } from "../../components/user-access.ts";
import { userPolicy } from "../../plan/vault/user-policy.ts";
import { scalePlan } from "./plan.ts";

const config = new pulumi.Config("scale");
const plan = scalePlan(config.require("address"), config.requireNumber("users"));
const provider = new vault.Provider("vault", { address: plan.vault.address, vaultVersionOverride: "1.14.0" });
new FleetVault(plan.fleet, { vault: plan.vault, owner: "scale" }, { provider });
for (const user of plan.users) {
  new UserAccess(user.name, { fleet: plan.fleet, user, policy: userPolicy(user) }, { provider });
}
