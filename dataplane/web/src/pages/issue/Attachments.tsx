/** Files that came with the event. Images are shown, everything else is offered for download. */
import type { Attachment } from "../../api/schema";
import { bytes } from "../../model/format";
import { useOrg } from "../../shell/session";
import { Panel } from "../../ui/Panel";
import { Failure } from "../../ui/States";
import { Time } from "../../ui/Time";

interface AttachmentsProps { files: readonly Attachment[]; project: string; eventId: string; error: unknown; retry: () => void }

/** SVG can carry script, so it is only ever downloaded. */
const SHOWN = ["image/png", "image/jpeg", "image/gif", "image/webp"];

export function Attachments({ files, project, eventId, error, retry }: AttachmentsProps) {
  const org = useOrg();
  const href = (file: Attachment) => `/api/0/projects/${org}/${project}/events/${eventId}/attachments/${file.id}/?download`;
  return (
    <Panel title="Attachments">
      {error !== null ? <Failure what="Attachments" error={error} retry={retry} /> : (
        <div className="panel overflow-x-auto" tabIndex={0} role="group" aria-label="Table">
          <table className="rows">
            <thead><tr><th scope="col">Name</th><th scope="col">Type</th><th scope="col" className="r">Size</th><th scope="col" className="r">Age</th></tr></thead>
            <tbody>
              {files.map((file) => (
                <tr key={file.id}>
                  <td>
                    <a className="linkish mono" href={href(file)} download={file.name}>{file.name}</a>
                    {SHOWN.includes(file.mimetype) && file.size > 0 && <img className="mt-2 max-h-60 max-w-full border border-line" loading="lazy" src={href(file)} alt={`Attachment ${file.name}`} />}
                  </td>
                  <td className="muted">{file.mimetype}</td><td className="r">{bytes(file.size)}</td><td className="r muted"><Time at={file.dateCreated} /></td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}
