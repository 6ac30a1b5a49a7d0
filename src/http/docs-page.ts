/**
 * The page at /docs: Scalar, from this origin alone. Its script is a file of ours (scripts/docs-page.js after Scalar's own
 * bundle) and runs by its nonce; nothing it could bring along may load, run or send anywhere else.
 */

/**
 * Styles may stand in the page, and load from nowhere: Scalar writes them as it runs, most in elements to which it gives
 * no nonce. It shows nothing but our own document, so that nobody else's styles can get in. Scripts have no such leave.
 */
export function docsContentSecurityPolicy(nonce: string): string {
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    "style-src 'unsafe-inline'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

export function docsPage(nonce: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>Gatehouse API</title>
</head>
<body>
<main id="docs"></main>
<script nonce="${nonce}" src="/docs/script.js"></script>
</body>
</html>
`
}
