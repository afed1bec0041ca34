/** Text that is made to be copied, with the button that does it. */
import { useState } from "react";

export function CopyButton({ text, name = "Copy" }: { text: string; name?: string }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setDone(true);
    setTimeout(() => setDone(false), 1500);
  };
  return <button type="button" className="btn" aria-label={name} onClick={() => void copy().catch(() => setDone(false))}>{done ? "Copied" : "Copy"}</button>;
}

export function CodeBlock({ code, name }: { code: string; name: string }) {
  return (
    <div className="code">
      <pre tabIndex={0} role="group" aria-label={name}>{code}</pre>
      <CopyButton text={code} name={`Copy ${name}`} />
    </div>
  );
}
