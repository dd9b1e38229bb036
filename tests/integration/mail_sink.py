#!/usr/bin/python3
"""A mail server that delivers to nobody: prints each message, decoded, and keeps it in a folder.

For `./dev run` and the integration tests. Needs Debian's python3-aiosmtpd, hence /usr/bin/python3. The first
line on standard output is `listening on HOST:PORT`; after each message follow its envelope, its decoded
headers and its plain text. The raw messages are FOLDER/000001.eml, 000002.eml, ... in order of arrival.
SIGTERM or SIGINT stops it.
"""

import argparse
import asyncio
import email
import email.policy
import os
import pathlib
import signal
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0: a free one")
    parser.add_argument("--folder", type=pathlib.Path, help="where the raw messages go")
    parser.add_argument("--cert", help="PEM file; offers STARTTLS and requires it")
    parser.add_argument("--key", help="PEM file")
    parser.add_argument("--implicit-tls", action="store_true", help="TLS from the first byte instead")
    parser.add_argument("--user", help="requires AUTH with this name")
    parser.add_argument("--password", default="")
    parser.add_argument("--refuse-first", type=int, default=0, metavar="N",
                        help="answer the first N messages with --refuse-with")
    parser.add_argument("--refuse-with", default="451 4.3.0 try again later")
    parser.add_argument("--refuse-to", metavar="ADDRESS", help="answer RCPT for this address with 550")
    parser.add_argument("--quiet", action="store_true", help="do not print messages")
    return parser.parse_args()


class Sink:
    """Takes every message."""

    def __init__(self, options):
        self.options = options
        self.count = 0
        self.refused = 0
        if options.folder:
            options.folder.mkdir(parents=True, exist_ok=True)

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address == self.options.refuse_to:
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server, session, envelope):
        if self.refused < self.options.refuse_first:
            self.refused += 1
            return self.options.refuse_with
        self.count += 1
        if self.options.folder:
            path = self.options.folder / f"{self.count:06}.eml"
            part = path.with_suffix(".part")
            part.write_bytes(envelope.original_content)
            os.replace(part, path)  # whoever watches the folder sees whole messages
        if not self.options.quiet:
            self.show(session, envelope)
        return f"250 2.0.0 kept as {self.count:06}"

    def show(self, session, envelope):
        message = email.message_from_bytes(envelope.original_content, policy=email.policy.default)
        body = message.get_body(preferencelist=("plain", "html"))
        lines = [f"--- message {self.count} from {envelope.mail_from} to {', '.join(envelope.rcpt_tos)}"
                 + (" over TLS" if session.ssl else "")]
        lines += [f"{name}: {message[name]}" for name in
                  ("From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "Auto-Submitted",
                   "X-Forewarn-Delivery") if message[name]]
        lines += ["", body.get_content().strip() if body else "(no text)", "---"]
        print("\n".join(lines), flush=True)


async def serve(options):
    context = None
    if options.cert:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(options.cert, options.key)
    starttls = context is not None and not options.implicit_tls
    settings = {"enable_SMTPUTF8": True, "hostname": "mail-sink.example.com"}
    if starttls:
        settings.update(tls_context=context, require_starttls=True)
    if options.user:
        def check(server, session, envelope, mechanism, data):
            good = (isinstance(data, LoginPassword) and data.login.decode() == options.user
                    and data.password.decode() == options.password)
            return AuthResult(success=good, handled=False)
        settings.update(authenticator=check, auth_required=True, auth_require_tls=starttls)

    loop = asyncio.get_running_loop()
    sink = Sink(options)
    server = await loop.create_server(lambda: SMTP(sink, **settings), options.host, options.port,
                                      ssl=context if options.implicit_tls else None)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    host, port = server.sockets[0].getsockname()[:2]
    print(f"listening on {host}:{port}", flush=True)
    await stop.wait()
    server.close()


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    asyncio.run(serve(arguments()))
