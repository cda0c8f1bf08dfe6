// Answers positions by npm's trace-mapping: {name: {map, positions}} from stdin, {name: [answer, …]} to a file.
import { readFileSync, writeFileSync } from "node:fs";
import { TraceMap, traceSegment } from "@jridgewell/trace-mapping";

const answers = {};
for (const [name, { map, positions }] of Object.entries(JSON.parse(readFileSync(0, "utf8")))) {
  const traced = new TraceMap(readFileSync(map, "utf8"));
  answers[name] = positions.map(([line, column]) => {
    const segment = traceSegment(traced, line, column);
    if (segment === null || segment.length === 1) return null;
    return [traced.sources[segment[1]], segment[2], segment[3], segment.length === 5 ? traced.names[segment[4]] : null];
  });
}
writeFileSync(process.argv[1], JSON.stringify(answers));
