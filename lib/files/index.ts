export { clearedAtEnd } from './cleared-at-end.ts'
export { isBelow, isInside, realPath } from './inside.ts'
export { type LockHolder, lockFile } from './lock-file.ts'
export { makeFolder } from './make-folder.ts'
export { ifMissing, isFile, readIfThere, readOutput, readText, withoutMark } from './missing.ts'
export { makeOwnFolder, OWN_FILE, OWN_FOLDER } from './own-folder.ts'
export { withTemporaryFolder } from './temporary-folder.ts'
export {
  assertWritable,
  TEMPORARY_FILE,
  type WriteOptions,
  writeAllWhole,
  writeNew,
  writeWhole,
} from './write-file.ts'
