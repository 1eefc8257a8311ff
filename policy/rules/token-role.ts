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
    DEMANDS.flatMap(([broken, consequence]) => (broken(props) ? [consequence(props)] : [])),
});

type Props = RuledResource["props"];

const list = (value: unknown) => JSON.stringify(value ?? []);
const number = (value: unknown) => Number(value ?? 0);
const glob = (role: Props) => `${String(role["roleName"])}-*`;

/** What a role must have: when that is broken, and the consequence then. */
const DEMANDS: readonly (readonly [
  broken: (role: Props) => boolean,
  consequence: (role: Props) => string,
])[] = [
  [
    (role) => !ROLE.test(String(role["roleName"])),
    ({ roleName }) =>
      `The role's name ${JSON.stringify(roleName)} is not claude-<fleet>. Its glob could match another fleet's policies. Take the name from the plan.`,
  ],
  [
    (role) => list(role["allowedPoliciesGlobs"]) !== list([glob(role)]),
    (role) =>
      `The role may hand out ${list(role["allowedPoliciesGlobs"])}, not exactly ["${glob(role)}"]. Its users could take the rights of another fleet or of an administrator.`,
  ],
  [
    // After a refresh the state has an empty list where none was given.
    (role) => list(role["allowedPolicies"]) !== "[]",
    (role) =>
      `The role may also hand out ${list(role["allowedPolicies"])} by name. Its users could take the rights of another fleet or of an administrator. Leave allowedPolicies out.`,
  ],
  [
    (role) => role["orphan"] !== true,
    () => "Tokens would die with the operator's token that minted them. Set orphan.",
  ],
  [
    (role) => number(role["tokenPeriod"]) === 0,
    () => "Tokens would die for good at their maximum TTL. Set tokenPeriod.",
  ],
  [
    (role) => number(role["tokenExplicitMaxTtl"]) !== 0,
    () => "An explicit maximum TTL kills periodic tokens too. Leave it out.",
  ],
  [
    (role) => number(role["tokenNumUses"]) !== 0,
    () => "Tokens would die after that many requests, in the middle of a run. Leave tokenNumUses out.",
  ],
  [
    (role) => role["renewable"] === false,
    () => "No agent could renew its token. Leave renewable out, or set it to true.",
  ],
  [
    (role) => role["tokenNoDefaultPolicy"] !== true,
    () =>
      "Tokens would also have the default policy, which opens more than one user's paths. Set tokenNoDefaultPolicy.",
  ],
];
