/** Counting what was right, and saying with evidence what was not. */
const EVIDENCE_SHOWN = 5;

export class Checks {
  passed = 0;
  failed = 0;

  /**
   * `faults`: one sentence for each that is wrong. `of` says how many things were looked at: none
   * at all is a fault too.
   */
  check(what: string, of: number, faults: string[]): void {
    const all = of === 0 ? ['there was nothing to check', ...faults] : faults;
    if (all.length === 0) this.passed += 1;
    else this.failed += 1;
    console.log(`  ${all.length === 0 ? 'ok  ' : 'FAIL'}  ${what} (${of})`);
    for (const fault of all.slice(0, EVIDENCE_SHOWN)) console.log(`          ${fault}`);
    if (all.length > EVIDENCE_SHOWN) console.log(`          … and ${all.length - EVIDENCE_SHOWN} more`);
  }
}
