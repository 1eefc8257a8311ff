/** Requires that ssh checks host keys, because plans and wrapped tokens go to the host that answers. */
import { resourceRule, type RuledResource } from "../resource-rule.ts";

/** Matches the options that make ssh accept any key. Source: ssh_config(5) */
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
            "ssh does not check the host's key, so any machine that answers under its name gets the plan and the tokens. Use StrictHostKeyChecking=yes and known_hosts.",
          ]
        : []),
      ...(overSsh(resource) && !CHECKED.test(text)
        ? [
            "ssh to the container engine lacks StrictHostKeyChecking=yes, so the first machine that answers gets the containers' settings. Add the option to sshOpts.",
          ]
        : []),
      ...(withoutHostKey(resource)
        ? [
            "A remote command without connection.hostKey accepts any host. Set it, or use a local command with the system's ssh.",
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
