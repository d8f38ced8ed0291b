/** Where a secret is to be had when it is needed. A reference is no secret and may be shown and stored. */
export type SecretReference =
  | { readonly env: string }
  | { readonly file: string }
  /** Words of a program whose standard output is the secret, less one newline at its end; run without a shell. */
  | { readonly command: string | readonly string[] }

/**
 * A secret that was written out, sealed in the age format. `hash` is keyed with the sealing key, and tells whether a new text
 * differs without opening. With `template`, the sealed text holds `${env:…}` references that are resolved when it is used.
 */
export interface SealedSecret {
  readonly sealed: string
  readonly hash?: string
  readonly template?: true
}

/** What the state may hold. */
export type StoredSecret = SecretReference | SealedSecret

/** Text in clear, on its way from a manifest or a prompt to its sealing; never stored, never printed. */
export interface LiteralSecret {
  readonly literal: string
  readonly template?: true
}

export type Secret = StoredSecret | LiteralSecret

export const sensitive = '(sensitive)'
