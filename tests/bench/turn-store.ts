import type { Message } from "~/conversation/session";

/**
 * What every contestant can do. A turn is `appendTurn`, on stable storage when it resolves, and then `read`.
 * Sessions are numbers; calls for different sessions may overlap, those for one do not.
 */
export type TurnStore = {
  /** Gives a session the conversation that it begins with. Not measured. */
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
  /** What a reader must know of its durability to compare it with the others. */
  durability: string;
  /** Why it is ahead or behind, for the text below the table. */
  why: string;
  /** @throws NotInstalled */
  start(folder: string, concurrency: number): Promise<TurnStore>;
};

export class NotInstalled extends Error {
  override readonly name = "NotInstalled";
}
