/** Colours that stay apart for colour-blind eyes (Okabe and Ito, darkened for white paper). */
const COLOURS = ["#0072b2", "#d55e00", "#00825a", "#b3477d", "#8a6d00", "#0b7fa8", "#5b3fa0", "#4d4d4d"];
/** A second sign beside the colour: labels are never told apart by colour alone. */
const SIGNS = ["●", "▲", "■", "◆", "★", "✚", "⬢", "▼"];

export interface Look {
  colour: string;
  rgb: [number, number, number];
  sign: string;
}

const looks = new Map<string, Look>();

/** Gives each label a look; the same labels in the same order get the same ones. */
export function setLabels(labels: string[]): void {
  looks.clear();
  labels.forEach((label) => look(label));
}

export function look(label: string): Look {
  let found = looks.get(label);
  if (!found) {
    const number = looks.size;
    const colour = COLOURS[number % COLOURS.length]!;
    // After eight labels the sign moves on against the colour: 64 pairs before one repeats.
    const sign = SIGNS[(number + Math.floor(number / COLOURS.length)) % SIGNS.length]!;
    const rgb = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16)) as [number, number, number];
    found = { colour, rgb, sign };
    looks.set(label, found);
  }
  return found;
}
