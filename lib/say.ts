/** Tells what is being done at this moment; one line. */
export type Say = (text: string) => void;
