#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/time.h"

namespace forewarn {

struct HttpRequest {
  std::string method;  // GET, POST, …; a HEAD arrives as GET
  std::string path;    // without the query
  std::string query;   // what follows `?`, as sent
  std::string content_type;
  std::string body;
};

struct HttpResponse {
  unsigned status = 200;
  std::string body;
  std::string content_type = "text/plain; charset=utf-8";
};

// One door: `method` on exactly `path`. Handlers run on the server's threads, several at once, and
// may block for about a second. A handler that throws is a bug of its own.
struct HttpRoute {
  std::string method;
  std::string path;
  std::function<HttpResponse(const HttpRequest&)> handler;
};

struct HttpOptions {
  std::string listen = "127.0.0.1:0";  // host:port, [v6]:port; port 0: any free one
  int64_t threads = 2;
  int64_t max_connections = 256;        // one more is answered with 503 and closed
  int64_t max_header_bytes = 16 << 10;  // beyond: 431
  int64_t max_body_bytes = 1 << 20;     // beyond: 413
  Duration request_timeout = 10s;       // for a request to arrive, and for its answer to leave
  Duration idle_timeout = 60s;          // between two requests on one connection
};

// A small HTTP/1.1 server for scrapers and orchestrators: keep-alive, HEAD, bodies with a length or
// chunked. What fits no route is answered with 404 or 405 and a sentence. Serves from Open() until
// it is destroyed; requests that are being answered then are finished. Boost.Beast is in
// http_server.cc alone.
class HttpServer {
 public:
  // Fails with the address and the system's reason when it cannot listen.
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
