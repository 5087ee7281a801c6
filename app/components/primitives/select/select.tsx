import { useId, useRef, useState, type KeyboardEvent } from "react";
import { ArrowDownIcon } from "~/components/primitives/icons";
import { lazyDialog } from "~/components/primitives/lazy-part";

/** The open list alone, for a button that acts at once instead of holding a choice. */
export const SelectPopup = lazyDialog(() => import("./select-popup").then(({ SelectPopup }) => SelectPopup));

export type SelectOption<Value extends string = string> = {
  value: Value;
  label: string;
  /** A quiet second line. */
  detail?: string | undefined;
  /** Options of one group stand together under its name. */
  group?: string | undefined;
  lang?: string | undefined;
  /** Other words by which it is found. */
  keywords?: string | undefined;
};

type Props<Value extends string> = {
  label: string;
  options: readonly SelectOption<Value>[];
  value: Value;
  onChange: (value: Value) => void;
  /** Called when the code of the popup could not be loaded. */
  onFailed: (error: unknown) => void;
  /** The label stands above the button; otherwise only screen readers have it. */
  isLabelled?: boolean;
  className?: string;
};

/**
 * One choice out of several, as ARIA's select-only combobox: a button with the chosen option, and a list that opens
 * under it, on a phone from below. The code of the list is loaded on first use.
 */
export function Select<Value extends string>(props: Props<Value>) {
  const { label, options, value, onChange, onFailed, isLabelled = false, className = "" } = props;
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const [isOpen, setIsOpen] = useState(false);

  function onKeyDown(event: KeyboardEvent) {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    setIsOpen(true);
  }

  return (
    <div className={`select ${className}`}>
      <span id={`${id}-label`} className={isLabelled ? "select__label" : "visually-hidden"}>
        {label}
      </span>
      <button
        ref={button}
        type="button"
        className="select__button"
        role="combobox"
        aria-haspopup="listbox"
        aria-expanded={isOpen}
        aria-controls={isOpen ? `${id}-list` : undefined}
        aria-labelledby={`${id}-label`}
        onPointerEnter={SelectPopup.preload}
        onFocus={SelectPopup.preload}
        onKeyDown={onKeyDown}
        onClick={() => setIsOpen(!isOpen)}
      >
        <span className="select__value">{options.find((option) => option.value === value)?.label}</span>
        <ArrowDownIcon />
      </button>
      {isOpen && (
        <SelectPopup
          listId={`${id}-list`}
          anchor={button}
          {...{ label, options, value }}
          onChoose={(index) => onChange(options[index]!.value)}
          onClose={() => setIsOpen(false)}
          onFailed={(error) => {
            setIsOpen(false);
            onFailed(error);
          }}
        />
      )}
    </div>
  );
}
