#include "bench/http_connection.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "bench/http_head.h"

namespace forewarn::bench {
namespace {

Status Broken(std::string_view what) {
  return Unavailable(fmt::format("{}: {}", what, std::strerror(errno)));
}

}  // namespace

StatusOr<HttpAnswer> HttpConnection::Call(std::string_view method, std::string_view path,
                                          std::string_view headers, std::string_view body) {
  if (socket_ < 0) FW_RETURN_IF_ERROR(Connect());
  std::string head =
      fmt::format("{} {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Length: {}\r\n{}\r\n", method,
                  path, port_, body.size(), headers);
  Status sent = Send(head);
  if (sent.ok()) sent = Send(body);
  StatusOr<HttpAnswer> answer = sent.ok() ? Answer() : StatusOr<HttpAnswer>(sent);
  if (!answer.ok()) Close();
  return answer;
}

Status HttpConnection::Connect() {
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket_ < 0) return Broken("making a socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port_);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    Status status = Broken(fmt::format("connecting to 127.0.0.1:{}", port_));
    Close();
    return status;
  }
  int on = 1;
  timeval patience{.tv_sec = 120, .tv_usec = 0};
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  return OkStatus();
}

void HttpConnection::Close() {
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
  received_.clear();
}

Status HttpConnection::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return Broken("sending");
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return OkStatus();
}

Status HttpConnection::Receive() {
  char buffer[65536];
  ssize_t got = ::recv(socket_, buffer, sizeof buffer, 0);
  if (got == 0) return Unavailable("the server closed the connection");
  if (got < 0) return Broken("receiving");
  received_.append(buffer, static_cast<size_t>(got));
  return OkStatus();
}

Status HttpConnection::ReceiveUntil(size_t size) {
  while (received_.size() < size) FW_RETURN_IF_ERROR(Receive());
  return OkStatus();
}

StatusOr<HttpAnswer> HttpConnection::Answer() {
  size_t end = 0;
  while ((end = received_.find("\r\n\r\n")) == std::string::npos) FW_RETURN_IF_ERROR(Receive());
  std::string head = received_.substr(0, end + 2);
  received_.erase(0, end + 4);
  HttpAnswer answer;
  std::optional<size_t> status;
  if (head.starts_with("HTTP/1.1 ")) status = ParseSize(std::string_view(head).substr(9, 3), 10);
  if (!status) return Unavailable("the server does not speak HTTP/1.1");
  answer.status = static_cast<int>(*status);
  if (HeaderOf(head, "transfer-encoding") == "chunked") {
    FW_RETURN_IF_ERROR(ReceiveChunks(answer.body));
  } else if (std::optional<size_t> size = ParseSize(HeaderOf(head, "content-length"), 10)) {
    FW_RETURN_IF_ERROR(ReceiveUntil(*size));
    answer.body = received_.substr(0, *size);
    received_.erase(0, *size);
  } else if (*status != 204) {
    return Unavailable("the answer has neither a length nor chunks");
  }
  if (HeaderOf(head, "connection") == "close") Close();
  return answer;
}

// A chunk is its size in hex, its bytes, and a line's end after each; the last one is empty.
Status HttpConnection::ReceiveChunks(std::string& body) {
  while (true) {
    size_t line = 0;
    while ((line = received_.find("\r\n")) == std::string::npos) FW_RETURN_IF_ERROR(Receive());
    std::optional<size_t> size = ParseSize(std::string_view(received_).substr(0, line), 16);
    if (!size) return Unavailable("a chunk without a size");
    FW_RETURN_IF_ERROR(ReceiveUntil(line + 2 + *size + 2));
    body.append(received_, line + 2, *size);
    received_.erase(0, line + 2 + *size + 2);
    if (*size == 0) return OkStatus();
  }
}

}  // namespace forewarn::bench
