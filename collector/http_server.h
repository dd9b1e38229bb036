#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "base/time.h"

namespace forewarn {

struct HttpRequest {
  std::string method;  // GET, POST, …; a HEAD arrives as GET
  std::string path;    // without the query
  std::string query;   // what follows `?`, as sent
  std::string content_type;
  std::string content_encoding;
  std::string authorization;
  bool is_private = false;  // came over TLS, or from this very machine
  std::string body;         // as sent: chunks joined, but not decompressed
};

struct HttpResponse {
  unsigned status = 200;
  std::string body;
  std::string content_type = "text/plain; charset=utf-8";
  std::vector<std::pair<std::string, std::string>> headers = {};
};

// Takes the answer to one request, once, from any thread; does not wait. It may be kept for longer than
// the server lives, but not be called then.
using HttpReply = std::function<void(HttpResponse)>;

// One door: `method` on exactly `path`, in which a segment `*` stands for any one that is not empty. What runs here runs on the server's threads, several at once;
// `later` on some of its own, so that it may take its time. One that throws is a bug of its own.
struct HttpRoute {
  std::string method;
  std::string path;
  // Answers at once; may block for about a second. Or else `later` does.
  std::function<HttpResponse(const HttpRequest&)> handler = nullptr;
  // Asked when the header is there and before any of the body is read; an answer turns the request
  // away. Null: everybody may send.
  std::function<std::optional<HttpResponse>(const HttpRequest&)> admit = nullptr;
  // Answers when it can: it does not wait for others, and calls the reply exactly once.
  std::function<void(HttpRequest, HttpReply)> later = nullptr;
  int64_t max_body_bytes = 0;  // beyond: 413; 0: that of the server
  std::string too_long = {};   // what 413 advises, as `send less, or raise …`
};

struct HttpOptions {
  std::string listen = "127.0.0.1:0";  // host:port, [v6]:port; port 0: any free one
  std::string certificate_file;        // PEM, with its chain; empty: plain HTTP
  std::string key_file;
  int64_t threads = 2;  // that read and answer, and as many again for the work of `later`
  // One more ends the one that has been idle for longest; while none is, it is answered with 503. Idle is
  // who has not sent a request yet, or none that was admitted, or does not read the answer. At most three
  // quarters are admitted at a time, and of one authorization no more than are left for others; one more is
  // told to come again.
  int64_t max_connections = 256;
  int64_t max_header_bytes = 16 << 10;  // beyond: 431
  int64_t max_body_bytes = 1 << 20;     // beyond: 413; of a GET 64 KiB
  // What has come of all bodies that are being read or answered of who was admitted, and from then on what
  // their answers have, where that is more, until they have left; beyond: 503. Of one authorization with several
  // requests no more than is left for others.
  int64_t max_waiting_bytes = 256LL << 20;
  // For a TLS handshake, for a header once its first byte is there (on a new connection: from the
  // beginning), and for an answer to leave.
  Duration request_timeout = 10s;
  int64_t slowest_reader = 128 << 10;  // bytes a second, for which an answer has as much time more
  Duration body_timeout = 60s;         // for its body to arrive
  Duration idle_timeout = 60s;         // for the first byte of the next request on one connection
};

// A small HTTP/1.1 server, plain or over TLS: keep-alive, HEAD, `Expect: 100-continue`, bodies with a
// length or chunked. What fits no route is answered with 404 or 405 and a sentence. Serves from
// Open() until it is destroyed, which waits for the requests that are being answered then, and
// request_timeout at most for answers to leave: whoever owes a reply must outlive it. Boost.Beast is
// in http_server.cc and its http_connection.h alone.
class HttpServer {
 public:
  // Fails with the address and the system's reason when it cannot listen, and with the file when the
  // certificate or its key cannot be used.
  static StatusOr<std::unique_ptr<HttpServer>> Open(const HttpOptions& options,
                                                    std::vector<HttpRoute> routes);
  ~HttpServer();

  // Where it listens, `127.0.0.1:43817`.
  const std::string& address() const;

 private:
  struct Impl;

  explicit HttpServer(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace forewarn
