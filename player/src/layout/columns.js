/** Which stations of a lane stand in a pod's own column and which in the trunk that all share. */
import { stationNetns } from "../model/stations.js";
/** @import { Timeline } from "../types.js" */
/** @import { Lane } from "./lanes.js" */

/**
 * A pod's column holds the pod's stations and the port of its cable in the node.
 * @param {Lane} lane @param {Timeline} line
 * @returns {{columns: {pod: string, stations: string[], own: number}[], trunk: string[], ports: string[]}}
 */
export function columnsOf(lane, line) {
  const columns = lane.pods.map((pod) => {
    const own = lane.down.filter((id) => stationNetns(id) === pod);
    return { pod, stations: own, own: own.length };
  });
  const taken = new Set(columns.flatMap((c) => c.stations));
  for (const [a, b] of neighbours(line)) {
    const column = columns.find((c) => c.stations.slice(0, c.own).includes(a));
    if (!column || taken.has(b) || !lane.down.includes(b) || b.includes("|#")) continue;
    taken.add(b);
    column.stations.push(b);
  }
  const trunk = lane.down.filter((id) => !taken.has(id));
  const ports = lane.ports.filter((id) => trunk.includes(id));
  return { columns, trunk, ports };
}

/** Pairs of stations that follow one another in a trace, in both directions. */
export function* neighbours(line) {
  for (const m of line.moments) {
    if (m.previous === null) continue;
    const was = line.moments[m.previous].station;
    if (was === m.station) continue;
    yield [was, m.station];
    yield [m.station, was];
  }
}
