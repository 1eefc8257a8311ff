/** Rules of textlint that bring no types of their own. */
declare module "textlint-rule-max-comma" {
  import type { TextlintRuleModule } from "@textlint/types";
  const rule: TextlintRuleModule;
  export default rule;
}
declare module "textlint-rule-sentence-length" {
  import type { TextlintRuleModule } from "@textlint/types";
  const rule: TextlintRuleModule;
  export default rule;
}
declare module "textlint-rule-terminology" {
  import type { TextlintRuleModule } from "@textlint/types";
  const rule: TextlintRuleModule;
  export default rule;
}
