/** Weights for features in the order given to {@link learn}. */
export interface Fitted {
  readonly bias: number;
  readonly weights: readonly number[];
}

interface Example {
  readonly features: readonly number[];
  readonly isTaken: boolean;
  readonly weight: number;
}

const rounds = 60;

/**
 * Logistic regression with an L2 penalty on standardised features, by Newton's method (iteratively reweighted least
 * squares; Hastie, Tibshirani, Friedman, The Elements of Statistical Learning, section 4.4).
 * @param penalty in units of examples; the bias is free of it.
 */
export function learn(examples: readonly Example[], penalty: number): Fitted {
  const size = examples[0]?.features.length ?? 0;
  const total = sum(examples.map(({ weight }) => weight));
  const means = range(size).map((i) => sum(examples.map((e) => e.weight * at(e.features, i))) / total);
  const scales = range(size).map((i) => {
    const variance = sum(examples.map((e) => e.weight * (at(e.features, i) - at(means, i)) ** 2)) / total;
    return Math.sqrt(variance) || 1;
  });
  const rows = examples.map((e) => ({
    ...e,
    x: [1, ...range(size).map((i) => (at(e.features, i) - at(means, i)) / at(scales, i))],
  }));
  let beta: number[] = new Array(size + 1).fill(0);
  for (let round = 0; round < rounds; round++) {
    const gradient: number[] = beta.map((value, i) => (i === 0 ? 0 : -penalty * value));
    const hessian = beta.map((_, i) => beta.map((__, j) => (i === j ? (i === 0 ? 1e-9 : penalty) : 0)));
    for (const { x, isTaken, weight } of rows) {
      const p = 1 / (1 + Math.exp(-dot(beta, x)));
      const curvature = weight * p * (1 - p);
      for (const [i, xi] of x.entries()) {
        gradient[i] = at(gradient, i) + weight * ((isTaken ? 1 : 0) - p) * xi;
        const line = hessian[i] ?? [];
        for (const [j, xj] of x.entries()) line[j] = at(line, j) + curvature * xi * xj;
      }
    }
    const step = solve(hessian, gradient);
    beta = beta.map((value, i) => value + at(step, i));
    if (Math.max(...step.map(Math.abs)) < 1e-7) break;
  }
  const weights = range(size).map((i) => at(beta, i + 1) / at(scales, i));
  return { bias: at(beta, 0) - dot(weights, means), weights };
}

export function probability({ bias, weights }: Fitted, features: readonly number[]): number {
  return 1 / (1 + Math.exp(-(bias + dot(weights, features))));
}

/** Gaussian elimination with partial pivoting. */
function solve(matrix: readonly (readonly number[])[], vector: readonly number[]): number[] {
  const rows = matrix.map((row, i) => [...row, at(vector, i)]);
  for (let column = 0; column < rows.length; column++) {
    const pivot = range(rows.length)
      .slice(column)
      .reduce((best, i) => (Math.abs(at(rows[i], column)) > Math.abs(at(rows[best], column)) ? i : best));
    [rows[column], rows[pivot]] = [rows[pivot] ?? [], rows[column] ?? []];
    for (let i = column + 1; i < rows.length; i++) {
      const factor = at(rows[i], column) / at(rows[column], column);
      rows[i] = (rows[i] ?? []).map((value, j) => value - factor * at(rows[column], j));
    }
  }
  const solution: number[] = new Array(rows.length).fill(0);
  for (let i = rows.length - 1; i >= 0; i--) {
    const known = sum(
      range(rows.length)
        .slice(i + 1)
        .map((j) => at(rows[i], j) * at(solution, j)),
    );
    solution[i] = (at(rows[i], rows.length) - known) / at(rows[i], i);
  }
  return solution;
}

const range = (length: number): number[] => Array.from({ length }, (_, i) => i);
const at = (values: readonly number[] | undefined, i: number): number => values?.[i] ?? 0;
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const dot = (a: readonly number[], b: readonly number[]): number =>
  sum(a.map((value, i) => value * at(b, i)));
