/** Requires that the token role gives one user's rights only, and tokens that outlive the token which minted them. */
import { resourceRule, type RuledResource } from "../resource-rule.ts";

/** Matches a role's name. A fleet's name has no dash, so that its glob matches no other fleet's policies. */
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

/** One thing that a role must have, and the consequence where it does not. */
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
      `The role's name ${JSON.stringify(roleName)} is not claude-<fleet>. Its glob could match another fleet's policies. Take the name from the plan.`,
  },
  {
    broken: (role) => list(role["allowedPoliciesGlobs"]) !== list([glob(role)]),
    consequence: (role) =>
      `The role may hand out ${list(role["allowedPoliciesGlobs"])}, not exactly ["${glob(role)}"]. Its users could take the rights of another fleet or of an administrator.`,
  },
  {
    // After a refresh the state has an empty list where none was given.
    broken: (role) => list(role["allowedPolicies"]) !== "[]",
    consequence: (role) =>
      `The role may also hand out ${list(role["allowedPolicies"])} by name. Its users could take the rights of another fleet or of an administrator. Leave allowedPolicies out.`,
  },
  {
    broken: (role) => role["orphan"] !== true,
    consequence: always("Tokens would die with the operator's token that minted them. Set orphan."),
  },
  {
    broken: (role) => number(role["tokenPeriod"]) === 0,
    consequence: always("Tokens would die for good at their maximum TTL. Set tokenPeriod."),
  },
  {
    broken: (role) => number(role["tokenExplicitMaxTtl"]) !== 0,
    consequence: always("An explicit maximum TTL kills periodic tokens too. Leave it out."),
  },
  {
    broken: (role) => number(role["tokenNumUses"]) !== 0,
    consequence: always(
      "Tokens would die after that many requests, in the middle of a run. Leave tokenNumUses out.",
    ),
  },
  {
    broken: (role) => role["renewable"] === false,
    consequence: always("No agent could renew its token. Leave renewable out, or set it to true."),
  },
  {
    broken: (role) => role["tokenNoDefaultPolicy"] !== true,
    consequence: always(
      "Tokens would also have the default policy, which opens more than one user's paths. Set tokenNoDefaultPolicy.",
    ),
  },
];
