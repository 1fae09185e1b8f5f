/**
 * Between the command and its receivers; both are programs of ours, and typed arrays travel as they
 * are.
 */
export type ToReceiver = { ask: 'delivered' } | { ask: 'killed'; published: number } | { ask: 'all' };
export type Everything = {
  delivered: number;
  faults: string[];
  taken: Uint8Array;
  failed: Uint8Array;
  unsure: Uint8Array;
};
export type FromReceiver = { port: number } | { delivered: number } | Everything;
