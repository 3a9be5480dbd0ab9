export type { Fault, ManagementCall, ManagementFaults } from './faults.ts'
export { type ImportOptions, importTenantFile } from './import-tenant-file.ts'
export { type ManagementContext, managementRoutes } from './routes.ts'
