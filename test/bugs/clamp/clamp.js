/** The number nearest to `value` that lies between `low` and `high`. */
export function clamp(value, low, high) {
  return Math.max(Math.max(value, low), high);
}
