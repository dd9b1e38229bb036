#include "bench/post_listener.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "bench/http_head.h"
#include "bench/timing.h"

namespace forewarn::bench {
namespace {

constexpr size_t kHeadBytesMax = 64 << 10;
constexpr size_t kBodyBytesMax = 16 << 20;
constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
constexpr std::string_view kRefusal =
    "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

bool SendAll(int connection, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t sent = ::send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

}  // namespace

StatusOr<std::unique_ptr<PostListener>> PostListener::Open(Taken taken) {
  int listening = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listening < 0) return Unavailable(fmt::format("making a socket: {}", std::strerror(errno)));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listening, any, size) != 0 || ::listen(listening, SOMAXCONN) != 0 ||
      ::getsockname(listening, any, &size) != 0) {
    Status status = Unavailable(fmt::format("listening on 127.0.0.1: {}", std::strerror(errno)));
    ::close(listening);
    return status;
  }
  int stop = ::eventfd(0, EFD_CLOEXEC);
  FW_CHECK(stop >= 0);
  return std::unique_ptr<PostListener>(
      new PostListener(listening, stop, ntohs(address.sin_port), std::move(taken)));
}

PostListener::PostListener(int listening, int stop, uint16_t port, Taken taken)
    : listening_(listening), stop_(stop), port_(port), taken_(std::move(taken)), thread_([this] {
        Run();
      }) {}

PostListener::~PostListener() {
  uint64_t one = 1;
  FW_CHECK(::write(stop_, &one, sizeof one) == sizeof one);
  thread_.join();
  for (const auto& [connection, received] : connections_) ::close(connection);
  ::close(listening_);
  ::close(stop_);
}

void PostListener::Run() {
  std::vector<pollfd> waits;
  while (true) {
    waits = {{stop_, POLLIN, 0}, {listening_, POLLIN, 0}};
    for (const auto& [connection, received] : connections_)
      waits.push_back({connection, POLLIN, 0});
    if (::poll(waits.data(), waits.size(), -1) < 0) {
      FW_CHECK(errno == EINTR);
      continue;
    }
    if (waits[0].revents != 0) return;
    for (size_t i = 2; i < waits.size(); ++i) {
      if (waits[i].revents == 0) continue;
      auto connection = connections_.find(waits[i].fd);
      if (Read(connection->first, connection->second)) continue;
      ::close(connection->first);
      connections_.erase(connection);
    }
    if (waits[1].revents != 0) Accept();
  }
}

void PostListener::Accept() {
  int connection = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
  if (connection >= 0) connections_[connection];
}

bool PostListener::Read(int connection, std::string& received) {
  char buffer[65536];
  ssize_t got = ::recv(connection, buffer, sizeof buffer, 0);
  double at = Seconds();
  if (got <= 0) return false;
  received.append(buffer, static_cast<size_t>(got));
  if (TakeRequests(connection, received, at)) return true;
  ++refused_;
  SendAll(connection, kRefusal);
  return false;
}

// False when what came can be no request that we take.
bool PostListener::TakeRequests(int connection, std::string& received, double at) {
  while (!received.empty()) {
    size_t end = received.find("\r\n\r\n");
    if (end == std::string::npos) return received.size() <= kHeadBytesMax;
    std::string_view head = std::string_view(received).substr(0, end + 2);
    std::optional<size_t> size = ParseSize(HeaderOf(head, "content-length"), 10);
    if (!head.starts_with("POST ") || !size || *size > kBodyBytesMax) return false;
    if (received.size() < end + 4 + *size) return true;
    std::string body = received.substr(end + 4, *size);
    received.erase(0, end + 4 + *size);
    // The sender first: whoever waits for the answer is part of what is measured.
    if (!SendAll(connection, kAnswer)) return true;
    taken_(body, at);
  }
  return true;
}

}  // namespace forewarn::bench
