/** Dialogs: a frame for any content, and the question asked before what cannot be undone. */
import * as Radix from "@radix-ui/react-dialog";
import { useState, type ReactNode } from "react";
import { sentence } from "../api/client";

export function Dialog({ title, description, children, onClose }: { title: string; description?: ReactNode; children?: ReactNode; onClose: () => void }) {
  return (
    <Radix.Root open onOpenChange={(open) => { if (!open) onClose(); }}>
      <Radix.Portal>
        {/* Not Radix.Overlay: it writes a style element, which a policy of style-src 'self' forbids. */}
        <div className="veil" aria-hidden="true" />
        <Radix.Content className="dialog" {...(description === undefined ? { "aria-describedby": undefined } : {})}>
          <Radix.Title className="text-l font-semibold">{title}</Radix.Title>
          {description !== undefined && <Radix.Description className="mt-2 text-ink-2">{description}</Radix.Description>}
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

export interface Question { title: string; description: string; action: string; run: () => Promise<void> }

export function Confirm({ question, onClose }: { question: Question; onClose: () => void }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const act = async () => {
    setBusy(true);
    try {
      await question.run();
      onClose();
    } catch (failure) {
      setError(sentence(failure));
      setBusy(false);
    }
  };
  return (
    <Dialog title={question.title} description={question.description} onClose={onClose}>
      {error !== null && <p role="alert" className="mt-3 text-error">{error}</p>}
      <div className="mt-5 flex justify-end gap-2">
        <button type="button" className="btn" onClick={onClose}>Cancel</button>
        <button type="button" className="btn danger" disabled={busy} onClick={() => void act()}>{question.action}</button>
      </div>
    </Dialog>
  );
}
