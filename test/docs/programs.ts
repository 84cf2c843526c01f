// What blocks need beside Node.js, and a machine may lack. REQUIRE_ALL=1 forbids skipping.
import { spawnSync } from 'node:child_process'
import { test } from 'uvu'

const tries = {
  curl: 'curl --version',
  openssl: 'openssl version',
  perl: 'perl -MHTTP::Tiny -MJSON::PP -e 1',
  python3: 'python3 -c 1',
}

export type Program = keyof typeof tries

let skipped = false

/** Whether a test of this file was skipped, so that blocks may be left. */
export function wasSkipped(): boolean {
  return skipped
}

/** A test that needs these programs. */
export function testWith(programs: readonly Program[], name: string, run: () => Promise<void>): void {
  const missing = programs.filter((program) => spawnSync('sh', ['-c', tries[program]]).status !== 0)
  if (missing.length === 0) return void test(name, run)
  skipped = true
  console.log(`SKIPPED ${name}: there is no ${missing.join(', ')}`)
  test.skip(name)
}
