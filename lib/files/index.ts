export { isBelow, isInside, realPath } from './inside.ts'
export { withTemporaryFolder } from './temporary-folder.ts'
export { assertWritable, type WriteOptions, writeAllWhole, writeWhole } from './write-file.ts'
