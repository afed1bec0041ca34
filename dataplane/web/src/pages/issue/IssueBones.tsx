/** The outline of the issue page while it loads. */
import { Bone } from "../../ui/States";

export function IssueBones() {
  return (
    <div role="status" aria-label="Issue loading">
      <div className="topbar"><Bone width={180} /></div>
      <div className="head grid gap-3"><Bone width={120} /><Bone width={280} /><Bone width="60%" /><Bone width={360} /></div>
      <div className="facts" style={{ height: 96 }}><Bone width={300} /></div>
      <div className="cols"><div className="main"><PanelBones /></div><div className="side grid content-start gap-3"><Bone width="70%" /><Bone width="90%" /><Bone width="80%" /></div></div>
    </div>
  );
}

export function PanelBones() {
  return (
    <div className="grid gap-3" role="status" aria-label="Event loading">
      <Bone width={90} /><div className="panel p-4 grid gap-2"><Bone width="80%" /><Bone width="70%" /></div>
      <Bone width={110} /><div className="panel p-4 grid gap-2">{[90, 70, 80, 60, 75, 50].map((width) => <Bone key={width} width={`${width}%`} />)}</div>
    </div>
  );
}
