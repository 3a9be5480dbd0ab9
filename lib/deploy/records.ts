import { join } from 'node:path'
import { ToolkitError } from '../errors.ts'
import { makeOwnFolder, OWN_FILE, readIfThere, writeNew } from '../files/index.ts'
import { DEPLOYS, deployNumbers } from './journal.ts'
import type { PlanChange, ReadBack } from './types.ts'

/** What one deploy changed: `schemas/deploy-record.schema.json`. Holds hashes and names, never code or a secret. */
export interface DeployRecord {
  version: 1
  /** Counted from 1 in this workspace. */
  number: number
  domain: string
  /** ISO 8601. */
  date: string
  /** Commit that was checked out, with `dirty` when files differed from it. Absent outside git. */
  commit?: { id: string; dirty: boolean }
  changes: PlanChange[]
  before: ReadBack
  after: ReadBack
}

/**
 * Writes a record into the workspace, in a folder that git ignores.
 *
 * @param number That of the deploy's journal. @defaultValue the next one
 * @throws {ToolkitError} `ERR_ENVIRONMENT` when it cannot be written: the tenant is changed all the same
 */
export async function writeRecord(
  root: string,
  record: Omit<DeployRecord, 'version' | 'number'>,
  number?: number,
): Promise<DeployRecord> {
  try {
    return await writeNext(root, record, number)
  } catch (cause) {
    throw new ToolkitError(
      'ERR_ENVIRONMENT',
      `"${record.domain}" was written, and no record of it can be kept`,
      {
        hint: `Make "${DEPLOYS}" writable; claims rollback can undo this one all the same.`,
        file: DEPLOYS,
        cause,
      },
    )
  }
}

async function writeNext(
  root: string,
  record: Omit<DeployRecord, 'version' | 'number'>,
  number: number | undefined,
): Promise<DeployRecord> {
  const folder = await makeOwnFolder(root, 'deploys')
  for (let next = number ?? ((await deployNumbers(root)).at(-1) ?? 0) + 1; ; next++) {
    const full: DeployRecord = { version: 1, number: next, ...record }
    const text = `${JSON.stringify(full, null, 2)}\n`
    // Of two deploys at once each gets a number of its own.
    if (await writeNew(join(folder, `${next}.json`), text, { root, mode: OWN_FILE })) return full
  }
}

/** The records of deploys to `domain`, from the oldest. */
export async function recordsOf(root: string, domain: string): Promise<DeployRecord[]> {
  const records = await Promise.all((await deployNumbers(root)).map((number) => read(root, number)))
  return records.filter((record) => record !== undefined).filter((record) => record.domain === domain)
}

/** The newest record of a deploy to `domain`. */
export async function newestRecord(root: string, domain: string): Promise<DeployRecord | undefined> {
  for (const number of (await deployNumbers(root)).reverse()) {
    const record = await read(root, number)
    if (record?.domain === domain) return record
  }
  return undefined
}

async function read(root: string, number: number): Promise<DeployRecord | undefined> {
  const file = join(DEPLOYS, `${number}.json`)
  const text = await readIfThere(join(root, file))
  if (text === undefined) return undefined
  try {
    const record = JSON.parse(text) as DeployRecord
    if (record.version === 1) return { ...record, number }
  } catch {
    // Not the cause: it quotes the text.
  }
  throw new ToolkitError('ERR_INPUT', `"${file}" is not a record of a deploy, or of a newer version`, {
    hint: 'Use the newest claims; if that does not help, delete it.',
    file,
  })
}
