import type { ChatApp } from "~/browser/chat-app";
import { useObservable } from "~/browser/use-observable";
import { sessionFingerprint, sessionKey } from "~/conversation/session-id";
import { NewIcon } from "./icons";
import { Logo } from "./logo";

type Props = {
  app: ChatApp;
  /** A conversation was chosen, perhaps the one that is shown. */
  onChoose: () => void;
};

export function Sidebar({ app, onChoose }: Props) {
  const { list, currentId } = useObservable(app.conversations);
  const node = useObservable(app.node);
  return (
    <div className="sidebar">
      <p className="sidebar__brand">
        <Logo />
        Holdfast
      </p>
      <button
        type="button"
        className="button button--wide"
        onClick={() => {
          app.conversations.startNew();
          onChoose();
        }}
      >
        <NewIcon />
        New conversation
      </button>
      <nav className="sidebar__nav" aria-label="Conversations">
        {list.length === 0 && <p className="sidebar__none">Your conversations will be listed here.</p>}
        <ul>
          {list.map(({ id, title }) => (
            <li key={id}>
              <button
                type="button"
                className="sidebar__item"
                aria-current={id === currentId ? "true" : undefined}
                title={title}
                dir="auto"
                onClick={() => {
                  app.conversations.open(id);
                  onChoose();
                }}
              >
                {title}
              </button>
            </li>
          ))}
        </ul>
      </nav>
      <footer className="sidebar__foot">
        <span data-testid="node-name">Node {node}</span>
        <span data-testid="session-fingerprint" title="Tells this conversation from others. It is no secret.">
          Session {sessionFingerprint(sessionKey(currentId))}
        </span>
      </footer>
    </div>
  );
}
