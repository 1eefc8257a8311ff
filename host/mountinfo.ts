/** Reads paths in the format of proc_pid_mountinfo(5). */

/** Decodes the octal escapes of a path, such as `\040` for a space. */
export function unescapeMountPath(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
