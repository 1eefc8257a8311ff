/** Names, each in a form that Vault, systemd, Docker and shells all read in the same way. */
import { otherwise, text } from "./kinds.ts";

/** `prod`. It has no dash, because it is part of globs: `claude-prod-*` must never match another fleet's names. */
export const fleetName = text({
  title: "a fleet's name",
  rule: "a fleet's name: a lower-case letter, then lower-case letters and digits, 20 at most",
  example: "prod",
  pattern: /^[a-z][a-z0-9]*$/,
  longest: 20,
});

/** A workstation's name in this fleet. It is part of resource names and of tokens' metadata. */
export const workstationName = text({
  title: "a workstation's name",
  rule: "a name of lower-case letters, digits, dots and dashes, 63 characters at most",
  example: "devvm",
  pattern: /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/,
  longest: 63,
});

/** Endings that would make `claude-auth-sync@<user>` read as a whole unit name, or as a drop-in folder. */
const UNIT_ENDING =
  /^(?!.*\.(?:service|timer|path|socket|target|mount|automount|swap|slice|scope|device|snapshot|busname|d|wants|requires|conf)$)/;

/** A Linux user name that systemd, Vault, paths and shells all read in the same way. */
export const userName = text({
  title: "a user name",
  rule: "a user name: a lower-case letter or _, then lower-case letters, digits, and . _ - inside, 32 characters at most",
  example: "alice",
  pattern: /^(?!.*\.\.)[a-z_](?:[a-z0-9._-]*[a-z0-9_-])?$/,
  longest: 32,
})
  .regex(
    /^(?!(?:root|nobody)$)/,
    otherwise({
      message: "is a system account, and each user signs in with their own account",
      remedy: "Name the person's own account.",
    }),
  )
  .regex(
    UNIT_ENDING,
    otherwise({
      message: "ends like the name of a systemd unit and would be read as a unit",
      remedy: "Give the user an account whose name has another ending.",
    }),
  );

/** A token's name in the settings. */
export const tokenName = text({
  title: "a token's name",
  rule: "a token's name: a lower-case letter, then lower-case letters, digits and dashes, 32 at most",
  example: "platform",
  pattern: /^[a-z](?:[a-z0-9-]*[a-z0-9])?$/,
  longest: 32,
});

/** A service's name, as compose takes it. */
export const serviceName = text({
  title: "a service's name",
  rule: "a service's name: lower-case letters, digits, and . _ - inside, 63 characters at most",
  example: "backend-gateway",
  pattern: /^[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?$/,
  longest: 63,
});

/** Docker's rule for names. Source: https://github.com/moby/moby/blob/v28.2.2/daemon/names/names.go */
export const containerName = text({
  title: "a container's name",
  rule: "a container's name: a letter or digit, then letters, digits, and _ . -, 128 at most",
  example: "platform-backend-gateway",
  pattern: /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/,
  longest: 128,
});

/** A Docker network's name. */
export const networkName = text({
  title: "a network's name",
  rule: "a network's name: a letter or digit, then letters, digits, and _ . -, 128 at most",
  example: "platform",
  pattern: /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/,
  longest: 128,
});

/** Docker's `--user`: names or numbers, with an optional group. */
export const containerUser = text({
  title: "a user of the image, with an optional group",
  example: "1000:1000",
  pattern: /^[a-z0-9_][a-z0-9_.-]*(?::[a-z0-9_][a-z0-9_.-]*)?$/,
  longest: 65,
});

const IMAGE_DOMAIN = "(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?(?::[0-9]{1,5})?/)?";
const IMAGE_WORD = "[a-z0-9]+(?:(?:\\.|_{1,2}|-+)[a-z0-9]+)*";
const IMAGE_TAG = "(?::\\w[\\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?";

/**
 * An image's reference, with a tag or a digest, or an image's id.
 * Source: https://github.com/distribution/reference/blob/v0.6.0/reference.go
 */
export const imageReference = text({
  title: "an image's reference",
  rule: "an image's reference, best with its digest",
  example: "registry.example.net/platform/backend@sha256:<64 digits>",
  pattern: new RegExp(
    `^(?:${IMAGE_DOMAIN}${IMAGE_WORD}(?:/${IMAGE_WORD})*${IMAGE_TAG}|sha256:[0-9a-f]{64})$`,
  ),
  longest: 400,
});

/** An environment variable's name. */
export const variableName = text({
  title: "the name of an environment variable",
  example: "CLAUDE_CODE_OAUTH_TOKEN",
  pattern: /^[A-Za-z_][A-Za-z0-9_]{0,127}$/,
  longest: 128,
});

/** A model's name, as the CLI or the Messages API takes it. */
export const modelName = (example: string) =>
  text({
    title: "a model's name",
    example,
    pattern: /^[A-Za-z0-9][A-Za-z0-9.:@[\]-]*$/,
    longest: 100,
  });
