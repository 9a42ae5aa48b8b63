export interface Item {
  readonly name: string;
  readonly price: number;
  readonly quantity: number;
}

/** Price of all items together, before tax. */
export function subtotal(items: readonly Item[]): number {
  return items.reduce((sum, item) => sum + item.price * item.quantity, 0);
}

/** Number of pieces in the cart. */
// TRY: type `export function countPieces(` on the next line and pause.


/** The most expensive item, or undefined for an empty cart. */
// TRY: type `export function mostExpensive(` on the next line.

