/** What to do when a file or folder of a user cannot be used, by the system's code. */

/** Returns the remedy as a clause. */
export function fileRemedy(code: string): string {
  switch (code) {
    case "ENOSPC":
    case "EDQUOT":
      return "free space in the user's home";
    case "EROFS":
      return "mount the file system of the user's home writable";
    case "EEXIST":
    case "EISDIR":
    case "ELOOP":
    case "ENOENT":
    case "ENOTDIR":
    case "ENOTEMPTY":
    case "ENXIO":
      return "move away what lies in its place";
    case "ETIMEDOUT":
      return "check the file system of the user's home and its server";
    default:
      return "give it and the folders above it to the user";
  }
}
