/** Who answers under a host's name is that host: plans, and wrapped tokens, go there. */
import { resourceRule, type RuledResource } from "../resource-rule.ts";

/** Ways to tell ssh to believe any key. Source: ssh_config(5) */
const UNCHECKED =
  /StrictHostKeyChecking[\s="',\\]*(?:no|off|accept-new|ask)\b|(?:User|Global)KnownHostsFile[\s="',\\]*\/dev\/null/i;
const CHECKED = /StrictHostKeyChecking[\s="',\\]*yes\b/i;

const DOCKER_PROVIDER = "pulumi:providers:docker";

export const sshHostKeys = resourceRule({
  name: "ssh-host-keys",
  description: "Every connection to a host checks its key.",
  check: (resource) => {
    const text = JSON.stringify(resource.props);
    return [
      ...(UNCHECKED.test(text)
        ? [
            "ssh is told not to check the host's key, so whoever answers under its name gets the plan and the tokens sent there; use StrictHostKeyChecking=yes and known_hosts.",
          ]
        : []),
      ...(overSsh(resource) && !CHECKED.test(text)
        ? [
            "the engine is reached by ssh without StrictHostKeyChecking=yes among sshOpts, so the first answer under its name is believed and gets the containers' settings; add it.",
          ]
        : []),
      ...(withoutHostKey(resource)
        ? [
            "a remote command without connection.hostKey believes any host; set it, or use a local command with the system's ssh.",
          ]
        : []),
    ];
  },
});

function overSsh({ type, props }: RuledResource): boolean {
  return type === DOCKER_PROVIDER && String(props["host"]).startsWith("ssh:");
}

function withoutHostKey({ type, props }: RuledResource): boolean {
  if (!type.startsWith("command:remote:")) return false;
  const connection = Object(props["connection"]) as { readonly hostKey?: unknown };
  return connection.hostKey === undefined;
}
