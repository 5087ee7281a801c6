import type { Message } from "~/conversation/session/session";

/**
 * The operations of every contestant. A turn is `appendTurn`, on stable storage when it resolves, and then `read`.
 * Sessions are numbers; calls for different sessions may overlap, those for one do not.
 */
export type TurnStore = {
  /** Stores the messages that a session begins with. Not measured. */
  begin(sessionIndex: number, messages: Message[]): Promise<void>;
  appendTurn(sessionIndex: number, message: Message): Promise<void>;
  /** The messages of a conversation, in their order. */
  read(sessionIndex: number): Promise<Message[]>;
  /** The processes that write to the disk for it. */
  writers(): number[];
  close(): Promise<void>;
};

export type Contestant = {
  name: string;
  /** Its durability, for comparison with the others. */
  durability: string;
  /** Why it is ahead or behind, for the text below the table. */
  why: string;
  /** @throws NotInstalled */
  start(folder: string, concurrency: number): Promise<TurnStore>;
};

export class NotInstalled extends Error {
  override readonly name = "NotInstalled";
}
