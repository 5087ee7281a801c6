import { Component, type ReactNode } from "react";

type Props = {
  /** Shown in place of children whose rendering failed. */
  fallback: ReactNode;
  /** The children are tried again when it changes. */
  resetKey?: string | number;
  children: ReactNode;
};

/** Keeps an error in one part of the page from taking the rest along. React logs the error. */
export class DrawingBoundary extends Component<Props, { hasFailed: boolean }> {
  override state = { hasFailed: false };

  static getDerivedStateFromError() {
    return { hasFailed: true };
  }

  override componentDidUpdate(before: Props) {
    if (this.state.hasFailed && before.resetKey !== this.props.resetKey) this.setState({ hasFailed: false });
  }

  override render() {
    return this.state.hasFailed ? this.props.fallback : this.props.children;
  }
}
