"""Whether the service is there and ready, asked once, before anything is loaded."""

from __future__ import annotations

import http.client
import socket
import ssl
import urllib.error
import urllib.request

READY_WITHIN_S = 5.0
ADVICE = "Start the service, or name its address with --url."


class NotReadyError(Exception):
    """The service cannot be loaded as it is; the message says why and what to try."""


def must_answer(url: str) -> None:
    """Raises NotReadyError unless the service answers with success."""
    try:
        # The load goes straight to the service, so what is asked first must not go to a proxy.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect)
        with opener.open(url, timeout=READY_WITHIN_S) as answer:
            status = answer.status
    except urllib.error.HTTPError as error:
        status = error.code
        if 300 <= status < 400:
            to = error.headers.get("Location", "nowhere")
            raise NotReadyError(
                f"{url} answers {status} and sends on to {to}.\n"
                "Load goes to the address that was named, or nowhere: name that one with --url."
            ) from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise _unreachable(url, error) from None
    if not 200 <= status < 300:
        raise NotReadyError(f"{url} answers {status}, expected 200: it is not ready.\n{ADVICE}")


def _unreachable(url: str, error: Exception) -> NotReadyError:
    reason = getattr(error, "reason", error)
    if isinstance(reason, ssl.SSLCertVerificationError):
        return NotReadyError(
            f"{url} cannot be trusted: {reason.verify_message}\n"
            "Name the host that its certificate is for, and its authority in SSL_CERT_FILE."
        )
    said = "no answer in time" if isinstance(reason, socket.timeout) else reason
    return NotReadyError(f"{url} cannot be reached: {said}\n{ADVICE}")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Reports a redirect as it is; load goes to the address that was named, or nowhere."""

    def redirect_request(self, *_: object) -> None:
        return None
