#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace forewarn::bench {

struct HttpAnswer {
  int status = 0;
  std::string body;
};

// One HTTP/1.1 connection to a port of this machine, kept alive from call to call: blocking, and as
// thin as can be, for it shares the processors with the server that is measured. Not thread-safe.
class HttpConnection {
 public:
  explicit HttpConnection(uint16_t port) : port_(port) {}
  ~HttpConnection() { Close(); }
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  // Sends one request and waits for the whole answer, whatever its status; connects first if there
  // is no connection. `headers` are lines that end in \r\n; Host and Content-Length are added.
  // Unavailable says what broke, and the next call connects anew. An answer may take 120 s.
  StatusOr<HttpAnswer> Call(std::string_view method, std::string_view path,
                            std::string_view headers, std::string_view body);

 private:
  Status Connect();
  void Close();
  Status Send(std::string_view bytes);
  Status Receive();
  Status ReceiveUntil(size_t size);
  StatusOr<HttpAnswer> Answer();
  Status ReceiveChunks(std::string& body);

  const uint16_t port_;
  int socket_ = -1;
  std::string received_;  // and not yet used
};

}  // namespace forewarn::bench
