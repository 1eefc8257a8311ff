/** Prints one line about what is being done now. */
export type Say = (text: string) => void;
