import { CheckIcon } from "~/components/primitives/more-icons";
import { Keys } from "~/components/primitives/keys";
import type { PaletteOption, PaletteRow as Row } from "./palette-options";

type Props = {
  row: Row;
  /** The id of the list box. */
  id: string;
  /** Number of options. */
  total: number;
  isCurrent: boolean;
  onPick: (index: number) => void;
  onChoose: (option: PaletteOption) => void;
};

/** A heading or an option of the palette. */
export function PaletteRow({ row, id, total, isCurrent, onPick, onChoose }: Props) {
  const { option, index } = row;
  if (!option) {
    return (
      <div className="palette__group" role="presentation">
        {row.name}
      </div>
    );
  }
  const { Icon, label, excerpt, shortcut, isChosen } = option;
  return (
    <div
      id={`${id}-${index}`}
      className="palette__option"
      role="option"
      aria-selected={isCurrent}
      aria-posinset={index + 1}
      aria-setsize={total}
      onPointerMove={() => !isCurrent && onPick(index)}
      onClick={() => onChoose(option)}
    >
      <Icon />
      <span className="palette__words">
        <span className="palette__title" dir="auto">
          {label}
        </span>
        {excerpt && (
          <span className="palette__excerpt" dir="auto">
            <span>{excerpt.before}</span>
            <mark>{excerpt.found}</mark>
            <span>{excerpt.after}</span>
          </span>
        )}
      </span>
      {isChosen && <CheckIcon />}
      {shortcut && (
        <span aria-hidden="true">
          <Keys shortcut={shortcut} />
        </span>
      )}
    </div>
  );
}
