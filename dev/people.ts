/** Who works on the dev environment's workstation. */

/** An account of the workstation. */
export interface Person {
  readonly user: string;
  readonly email: string;
  /** Fixed, so that a rebuilt workstation has the same. */
  readonly uid: number;
  /** Whether a login is there from the beginning, as if the person had gone through it once. */
  readonly loggedIn: boolean;
}

/** The first four stand in dev/roster.yaml; the others have accounts, and names that a program may trip over. */
export const PEOPLE: readonly Person[] = [
  { user: "alice", email: "alice@example.com", uid: 1001, loggedIn: true },
  { user: "bob", email: "bob@example.com", uid: 1002, loggedIn: true },
  { user: "carol", email: "carol@example.com", uid: 1003, loggedIn: false },
  { user: "dave", email: "dave@example.com", uid: 1004, loggedIn: false },
  { user: "john.doe", email: "john.doe@example.com", uid: 1005, loggedIn: false },
  { user: "anca_elena98", email: "anca.elena@example.com", uid: 1006, loggedIn: false },
];
