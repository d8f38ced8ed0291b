const levels = [0, 1, 2, 3, 4] as const

/** How much is told of what happens: 0 warnings, 1 steps, 2 requests, 3 ssh's messages, 4 packets. */
export type LogLevel = (typeof levels)[number]

/** The level of so many -v; more than four are as good as four. */
export const logLevel = (count: number): LogLevel => levels[Math.min(count, 4)] ?? 0
