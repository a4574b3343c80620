// Runs OpenTakeoff's symbol sweep on what it reads as JSON: the segments of the example's page and
// of the page to search, and the example's corners, all in pixels. Writes its matches as JSON.
import { readFileSync } from "node:fs";

const { fingerprintSymbol, matchSymbol } = await import(process.argv[2]);
const { seed, corners, segments } = JSON.parse(readFileSync(0, "utf8"));

function matches() {
  const fingerprint = fingerprintSymbol(seed, corners);
  const found = matchSymbol(fingerprint, segments);
  return { centre: fingerprint.center, matches: [...found.matches, ...found.withheld] };
}

try {
  console.log(JSON.stringify(matches()));
} catch (refused) {
  console.log(JSON.stringify({ refused: refused.message }));
}
