/** Renders the shell text that checks, before a program is loaded, that only root can change it. */

/**
 * Shell text of the function `fault PATH`. It prints why PATH is not to be trusted, as a clause; nothing when it is. It
 * checks every folder above PATH and every link on the way. `me` is the uid that may own them besides root.
 *
 * The sticky bit of a folder protects the files of others in it. A group counts only when it has other members, because
 * Debian gives `/usr/local` to the empty group `staff`. An access list that grants a right to write shows as a group's right
 * to write and as a `+`: https://man7.org/linux/man-pages/man5/acl.5.html, "Correspondence between ACL entries and file
 * permission bits". Spaces may join the lines.
 */
export const FAULT_FUNCTION = `fault() {
p=$1;
while :; do
[ -e "$p" ] || { echo "$p is missing"; return; };
set -f; set -- $(ls -ldn "$p");
case $3 in 0 | "$me") ;; *) echo "$p belongs to uid $3"; return ;; esac;
case $1 in
l*) t=$(readlink "$p"); case $t in /*) ;; *) t=\${p%/*}/$t ;; esac;
t=$(fault "$t"); [ -z "$t" ] || { echo "$t"; return; } ;;
d????????[tT]*) ;;
????????w*) echo "$p can be written by everybody"; return ;;
?????w*+) echo "$p can be written by those in its access list"; return ;;
?????w*) [ -z "$(others "$4")" ] || { echo "$p can be written by the members of its group $4"; return; } ;;
esac;
[ "$p" != / ] || return 0;
p=\${p%/*}; p=\${p:-/};
done;
};
others() {
{ getent group "$1" | cut -d: -f4 | tr , " "; getent passwd | cut -d: -f1,4 | grep ":$1$" | cut -d: -f1; } |
tr " " "\\n" | grep -vx -e root -e "$(id -un "$me")" -e "";
};`;

/** Returns shell text that runs `command` if root may trust `paths`. Otherwise it prints why not and ends with 1. All are words of the shell. */
export function trustedExec(paths: readonly string[], command: string): string {
  return `me=0;
${FAULT_FUNCTION}
for path in ${paths.join(" ")}; do
why=$(fault "$path");
[ -z "$why" ] || { echo "claude-fleet does not start: $why. Only root may be able to change it. Run 'pulumi preview', which names each such path and its repair." >&2; exit 1; };
done;
exec ${command}`;
}

/**
 * Returns a unit's `ExecStart=` line, which starts `program` if root may trust it and `paths`. systemd runs the check,
 * because a program that somebody has changed does not check itself.
 */
export function trustedStart(program: string, words: string, ...paths: readonly string[]): string {
  const escaped = trustedExec([program, ...paths], `${program} ${words}`)
    .replaceAll("\\", "\\\\")
    .replaceAll('"', '\\"')
    .replaceAll("%", "%%")
    .replaceAll("$", "$$$$")
    .replaceAll("\n", " \\\n");
  return `ExecStart=/bin/sh -c "${escaped}"`;
}
