// What the calls of one engine share: the configured provider, and how its operations report and end.
import type { Engine } from "./engine.ts";
import type { ConfiguredProvider, Operation, ProviderDefinition, ResourceType } from "./resource.ts";

/** A request about one resource. */
interface AboutResource {
  getUrn(): string;
}

/** What the calls of one engine share. */
export class Session {
  readonly definition: ProviderDefinition;
  readonly cancelled = new AbortController();
  configured: ConfiguredProvider | undefined;
  readonly #engine: Engine;

  constructor(definition: ProviderDefinition, engine: Engine) {
    this.definition = definition;
    this.#engine = engine;
  }

  /** @throws Error before the engine has configured the plugin */
  get provider(): ConfiguredProvider {
    if (this.configured !== undefined) return this.configured;
    throw new Error(`The ${this.definition.name} plugin was used before it was configured.`);
  }

  /** @throws Error for a type that the plugin does not have */
  typeOf(request: AboutResource): ResourceType {
    const { type } = parseUrn(request.getUrn());
    const found = this.provider.resources[type];
    if (found !== undefined) return found;
    throw new Error(
      `The stand-in ${this.definition.name} plugin does not know ${type}: it has ${Object.keys(this.provider.resources).join(", ")}.`,
    );
  }

  /** @param timeoutSeconds 0: without a deadline */
  about(request: AboutResource, timeoutSeconds: number): Operation {
    const urn = request.getUrn();
    return this.operation(urn, parseUrn(urn).name, timeoutSeconds);
  }

  operation(urn: string, name: string, timeoutSeconds: number): Operation {
    const deadline = timeoutSeconds > 0 ? [AbortSignal.timeout(timeoutSeconds * 1000)] : [];
    return {
      name,
      log: (severity, message, options) =>
        this.#engine.log(severity, message, urn, options?.ephemeral === true),
      signal: AbortSignal.any([this.cancelled.signal, ...deadline]),
    };
  }
}

/** Returns a resource's type and name from its URN (`urn:pulumi:stack::project::parent$type::name`). */
export function parseUrn(urn: string): { type: string; name: string } {
  const [, , types = "", ...name] = urn.split("::");
  return { type: types.slice(types.lastIndexOf("$") + 1), name: name.join("::") };
}
