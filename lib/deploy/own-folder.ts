export { makeOwnFolder, OWN_FILE, OWN_FOLDER } from '../files/index.ts'
