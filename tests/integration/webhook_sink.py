#!/usr/bin/python3
"""A web server that answers as it is told, for the tests of the webhook receiver.

The first line on standard output is `listening on HOST:PORT`; then comes one line of JSON for each request:
its path, the delivery id, whether the signature is genuine (by Python's own hmac), its body, the answer's
status, whether a TLS session was resumed, and the number of its connection. SIGTERM stops it.
"""

import argparse
import hashlib
import hmac
import http.server
import itertools
import json
import signal
import ssl
import sys


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--answers", default="200", help="statuses in their order, such as 500,200; the last stays")
    parser.add_argument("--key", default="", help="of the signature")
    parser.add_argument("--cert", help="PEM file; speaks TLS")
    parser.add_argument("--key-file", help="PEM file, of its key")
    parser.add_argument("--hang-up", action="store_true", help="after each answer, without saying so")
    parser.add_argument("--location", help="sent with every answer")
    parser.add_argument("--retry-after", help="sent with every answer")
    return parser.parse_args()


def main():
    options = arguments()
    answers = [int(status) for status in options.answers.split(",")]

    connections = itertools.count(1)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self):
            super().setup()
            self.connection_number = next(connections)

        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            signature = "sha256=" + hmac.new(options.key.encode(), body, hashlib.sha256).hexdigest()
            status = answers.pop(0) if len(answers) > 1 else answers[0]
            print(json.dumps({
                "path": self.path,
                "delivery": self.headers.get("X-Forewarn-Delivery"),
                "genuine": hmac.compare_digest(signature, self.headers.get("X-Forewarn-Signature", "")),
                "body": json.loads(body),
                "status": status,
                "resumed": bool(getattr(self.connection, "session_reused", False)),
                "connection": self.connection_number,
            }), flush=True)
            self.send_response(status)
            for name, value in (("Location", options.location), ("Retry-After", options.retry_after)):
                if value:
                    self.send_header(name, value)
            self.send_header("Content-Length", "6")
            self.end_headers()
            self.wfile.write(b"reason")
            self.close_connection = options.hang_up

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    if options.cert:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.cert, options.key_file)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print("listening on %s:%d" % server.server_address, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
