/** What every response of the console carries. `logoUrl` may add one origin for pictures, and nothing else. */
export function secureHeaders(logoUrl?: string): Readonly<Record<string, string>> {
  const pictures = logoUrl && /^https?:/i.test(logoUrl) ? ` ${new URL(logoUrl).origin}` : ''
  return {
    'Cache-Control': 'no-store',
    'Content-Security-Policy':
      `default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:${pictures}; ` +
      `form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    // Not no-referrer: under it some browsers send `Origin: null` with our own forms.
    'Referrer-Policy': 'same-origin',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
  }
}
