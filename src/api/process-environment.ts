/** What a program that uses the API gets where it names no environment of its own. The command line always names one. */
export const processEnvironment = (): Readonly<Record<string, string | undefined>> => ({ ...process.env })
