export type { ManagementContext } from './context.ts'
export type { Fault, ManagementCall, ManagementFaults } from './faults.ts'
export { IMPORTED_TYPES, type ImportOptions, importTenantFile } from './import-tenant-file.ts'
export { managementRoutes } from './routes.ts'
