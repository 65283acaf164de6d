"""The headers of every answer: what a browser may do with it."""

from starlette.datastructures import MutableHeaders

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        # The one policy (portal/static/portal.js) lets pages be read, and nothing be run.
        "require-trusted-types-for 'script'",
        "trusted-types default",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # Pages and answers are personal; what may be shared (styles, pictures) says so itself.
    "Cache-Control": "private, no-cache",
}


def add_headers(headers: MutableHeaders) -> None:
    """Give an answer every header that it has not chosen for itself."""
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
