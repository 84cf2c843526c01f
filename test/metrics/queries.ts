// The queries that this package gives to operators: of the dashboard, and of the guide's alerts.

export interface Dashboard {
  panels: {
    id: number
    title: string
    description: string
    datasource: { uid: string }
    gridPos: { x: number; y: number; w: number; h: number }
    targets: { expr: string; refId: string }[]
  }[]
  templating: { list: { name: string }[] }
}

export function dashboardExpressions({ panels }: Dashboard): string[] {
  return panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))
}

/** The guide's rules, as a file for Prometheus. */
export function alertRules(guide: string): string {
  return /```yaml\n(.*?)```/s.exec(guide)?.[1] ?? ''
}

export function alertExpressions(guide: string): string[] {
  return Array.from(alertRules(guide).matchAll(/^ +expr: (.+)$/gm), ([, expression = '']) => expression)
}
