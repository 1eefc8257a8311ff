/** The exit codes of `claude-fleet status`. */

/** A user or container needs a person. */
export const EXIT_PERSON = 2;
/** Some hosts did not answer. All hosts that answered are healthy. */
export const EXIT_UNKNOWN = 3;
