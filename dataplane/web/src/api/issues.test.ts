/** What an answer to a change may put on screen before anything is read again. */
import { describe, expect, it } from "vitest";
import { settled } from "./issues";

describe("settled", () => {
  const answer = { status: "resolved", substatus: null, statusDetails: { inNextRelease: true }, assignedTo: { type: "user", id: "1", name: "Owner" }, priority: "high" };

  it("takes only what was changed", () => {
    expect(settled(answer, { status: "resolved", statusDetails: { inNextRelease: true } })).toEqual({ status: "resolved", substatus: null, statusDetails: { inNextRelease: true } });
    expect(settled(answer, { priority: "high" })).toEqual({ priority: "high" });
    expect(settled({ ...answer, assignedTo: null }, { assignedTo: "" })).toEqual({ assignedTo: null });
  });

  it("takes nothing from an answer that does not say it", () => {
    for (const strange of [null, "", [], {}, { merge: {} }]) expect(settled(strange, { status: "resolved", assignedTo: "", priority: "low" })).toEqual({});
  });
});
