/** Shows nothing for the blink that loading usually takes, then that something is on its way. */
export function LoadingConversation({ isLate }: { isLate: boolean }) {
  return (
    <div className="loading">
      <span className="loading__line" />
      <span className="loading__line" />
      <span className="loading__line" />
      <p className="loading__words">
        {isLate ? (
          "The server cannot be reached. Trying again…"
        ) : (
          <span className="visually-hidden">Loading…</span>
        )}
      </p>
    </div>
  );
}
