/** A titled section of a page. What goes wrong inside stays inside, with a sentence and a retry. */
import { Component, useId, type ReactNode } from "react";

interface PanelProps { title: string; note?: ReactNode; right?: ReactNode; children: ReactNode }

export function Panel({ title, note, right, children }: PanelProps) {
  const id = useId();
  return (
    <section className="sect" aria-labelledby={id}>
      <h2><span id={id}>{title}</span>{note !== undefined && <small>{note}</small>}{right !== undefined && <span className="right">{right}</span>}</h2>
      <Fence name={title}>{children}</Fence>
    </section>
  );
}

export class Fence extends Component<{ name: string; children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };
  static getDerivedStateFromError() {
    return { failed: true };
  }
  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <p role="alert" className="notice">
        {this.props.name} could not be drawn from what the server sent. <button type="button" className="linkish" onClick={() => this.setState({ failed: false })}>Try again</button>
      </p>
    );
  }
}
