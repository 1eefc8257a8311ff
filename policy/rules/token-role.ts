/** The role that tokens are minted from gives no more than one user's rights, and tokens that outlive their maker. */
import { resourceRule, type RuledResource } from "../resource-rule.ts";

/** A fleet's name holds no dash, so that no fleet's glob matches another's policies. */
const ROLE = /^claude-[a-z][a-z0-9]*$/;

export const tokenRole = resourceRule({
  name: "token-role",
  description:
    "The token role is orphan, periodic, without the default policy, and hands out this fleet's policies only.",
  types: ["vault:tokenauth/authBackendRole:AuthBackendRole"],
  check: ({ props }) =>
    DEMANDS.flatMap(({ broken, consequence }) => (broken(props) ? [consequence(props)] : [])),
});

type Props = RuledResource["props"];

/** A way in which a role may be wrong, and what would come of it. */
interface Demand {
  readonly broken: (role: Props) => boolean;
  readonly consequence: (role: Props) => string;
}

const always = (sentence: string) => () => sentence;
const list = (value: unknown) => JSON.stringify(value ?? []);
const number = (value: unknown) => Number(value ?? 0);
const glob = (role: Props) => `${String(role["roleName"])}-*`;

const DEMANDS: readonly Demand[] = [
  {
    broken: (role) => !ROLE.test(String(role["roleName"])),
    consequence: ({ roleName }) =>
      `the role's name ${JSON.stringify(roleName)} is not claude-<fleet>, so its glob could match another fleet's policies; let it come from the plan.`,
  },
  {
    broken: (role) => list(role["allowedPoliciesGlobs"]) !== list([glob(role)]),
    consequence: (role) =>
      `the role may hand out ${list(role["allowedPoliciesGlobs"])}, not exactly ["${glob(role)}"], so whoever may use it could take another fleet's or an administrator's rights.`,
  },
  {
    // A refreshed role has an empty list where none was given.
    broken: (role) => list(role["allowedPolicies"]) !== "[]",
    consequence: (role) =>
      `the role may also hand out ${list(role["allowedPolicies"])} by name, so whoever may use it could take another fleet's or an administrator's rights; leave allowedPolicies out.`,
  },
  {
    broken: (role) => role["orphan"] !== true,
    consequence: always("tokens would die with the operator's token that minted them; set orphan."),
  },
  {
    broken: (role) => number(role["tokenPeriod"]) === 0,
    consequence: always("tokens would die for good at their maximum TTL; set tokenPeriod."),
  },
  {
    broken: (role) => number(role["tokenExplicitMaxTtl"]) !== 0,
    consequence: always("an explicit maximum TTL kills periodic tokens too; leave it out."),
  },
  {
    broken: (role) => number(role["tokenNumUses"]) !== 0,
    consequence: always(
      "tokens would die after that many requests, in the midst of a run; leave tokenNumUses out.",
    ),
  },
  {
    broken: (role) => role["renewable"] === false,
    consequence: always("no agent could begin its token's period anew; leave renewable out, or set it."),
  },
  {
    broken: (role) => role["tokenNoDefaultPolicy"] !== true,
    consequence: always(
      "tokens would also have the default policy, which is more than one user's paths; set tokenNoDefaultPolicy.",
    ),
  },
];
