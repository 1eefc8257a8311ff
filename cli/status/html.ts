/** Builds HTML. Every value is escaped here, because names and sentences come from users and hosts. Pure. */
import { escapeUTF8 } from "entities/escape";

/** Markup that is written as it is. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Builds markup from a template. Values are escaped unless they are {@link Html}. Lists are joined. */
export function html(
  parts: TemplateStringsArray,
  ...values: readonly (string | number | Html | readonly Html[])[]
): Html {
  return new Html(String.raw({ raw: parts }, ...values.map(markup)));
}

function markup(value: string | number | Html | readonly Html[]): string {
  if (value instanceof Html) return value.text;
  if (typeof value === "object") return value.map(({ text }) => text).join("\n");
  return escapeUTF8(String(value));
}
