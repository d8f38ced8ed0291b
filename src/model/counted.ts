/** `1 connection`, `2 connections`: how many there are, for people. */
export const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`
