/** Something that a deploy has done. */
export interface DeployStep {
  step: 'created' | 'updated' | 'deleted' | 'building' | 'deployed'
  /** Key of tenant.yaml. */
  type: string
  name: string
}
