"""Thousands of clients connect to the HTTP port and say nothing, half a request, or half a body: whoever wants something
is answered as ever."""

import selectors
import socket
import time

from harness import CUSTOMER, INSTALLATION, StackTest, main

CLIENTS = 3000
STARTS = [b"", b"GET /liv", b"POST /api/v1/write HTTP/1.1\r\nHost: x\r\nContent-Length: 999\r\n\r\nab",
          b"POST /v1/metrics HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\n"
          b"Content-Length: 999\r\n\r\n{"]


class IdleClients(StackTest):
    def ask(self, request):
        with socket.create_connection(("127.0.0.1", self.stack.http_port), timeout=5) as connection:
            connection.sendall(request)
            answer = b""
            while part := connection.recv(4096):
                answer += part
            return answer

    def export(self, token):
        body = (b'{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"up","gauge":{"dataPoints":[{"timeUnixNano":"%d",'
                b'"asInt":"1"}]}}]}]}]}' % time.time_ns())
        return self.ask(b"POST /v1/metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n"
                        b"Authorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s" % (token, len(body), body))

    def test_nobody_is_kept_waiting(self):
        self.start_collector()
        token = self.stack.ctl("source-token", "create", "--door", "otlp", "--customer", CUSTOMER, "--installation",
                               INSTALLATION, "--source", "shop")["token"].encode()
        self.assertIn(b" 200 OK", self.export(token))
        open_ones = selectors.DefaultSelector()
        longest = 0.0
        for i in range(CLIENTS):
            client = socket.create_connection(("127.0.0.1", self.stack.http_port), timeout=5)
            start = STARTS[i % len(STARTS)]
            client.sendall(start % token if b"%s" in start else start)
            open_ones.register(client, selectors.EVENT_READ)
            # Those who were turned away or gave way go.
            for key, _ in open_ones.select(timeout=0):
                open_ones.unregister(key.fileobj)
                key.fileobj.close()
            if i % 100 == 0:
                begun = time.monotonic()
                answer = self.ask(b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                longest = max(longest, time.monotonic() - begun)
                self.assertIn(b" 200 OK", answer, f"after {i}")
        print(f"/livez took at most {longest:.3f} s")
        self.assertLess(longest, 2)
        self.assertLessEqual(len(open_ones.get_map()), 300, "they are bounded")
        self.assertEqual(200, self.stack.http_status("/readyz"))
        for key in list(open_ones.get_map().values()):
            open_ones.unregister(key.fileobj)
            key.fileobj.close()
        self.assertIn(b" 200 OK", self.export(token))


if __name__ == "__main__":
    main()
