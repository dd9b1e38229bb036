#include "bench/post_listener.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
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

using TlsContext = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;

StatusOr<TlsContext> ReadTls(const ListenerTls& files) {
  TlsContext context(nullptr, SSL_CTX_free);
  if (files.certificate_file.empty()) return context;
  context.reset(SSL_CTX_new(TLS_server_method()));
  FW_CHECK(context != nullptr);
  if (SSL_CTX_use_certificate_chain_file(context.get(), files.certificate_file.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(context.get(), files.key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    return InvalidArgument(fmt::format("{} and {} are no certificate with its key in PEM",
                                       files.certificate_file, files.key_file));
  }
  return context;
}

}  // namespace

struct PostListener::Sockets {
  ~Sockets() {
    ::close(listening);
    ::close(stop);
  }

  int listening = -1;
  int stop = -1;  // readable: the thread is to end
  TlsContext tls{nullptr, SSL_CTX_free};
};

class PostListener::Connection {
 public:
  Connection(int socket, SSL_CTX* tls) : socket_(socket) {
    if (tls == nullptr) return;
    tls_.reset(SSL_new(tls));
    FW_CHECK(tls_ != nullptr && SSL_set_fd(tls_.get(), socket) == 1);
    SSL_set_accept_state(tls_.get());  // shakes hands with the first read
  }
  ~Connection() {
    tls_.reset();
    ::close(socket_);
  }

  // Appends what is there to received(); waits for some of it. False at the end.
  bool Receive() {
    char buffer[65536];
    do {
      const ssize_t got = tls_ == nullptr ? ::recv(socket_, buffer, sizeof buffer, 0)
                                          : SSL_read(tls_.get(), buffer, sizeof buffer);
      if (got <= 0) return false;
      received_.append(buffer, static_cast<size_t>(got));
    } while (tls_ != nullptr && SSL_pending(tls_.get()) > 0);
    return true;
  }

  bool Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent =
          tls_ == nullptr ? ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL)
                          : SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size()));
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }

  // Came and is not yet a request that was taken.
  std::string& received() { return received_; }

 private:
  const int socket_;
  std::unique_ptr<SSL, decltype(&SSL_free)> tls_{nullptr, SSL_free};
  std::string received_;
};

StatusOr<std::unique_ptr<PostListener>> PostListener::Open(const ListenerTls& tls, Taken taken) {
  auto sockets = std::make_unique<Sockets>();
  FW_ASSIGN_OR_RETURN(sockets->tls, ReadTls(tls));
  sockets->listening = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockets->stop = ::eventfd(0, EFD_CLOEXEC);
  FW_CHECK(sockets->listening >= 0 && sockets->stop >= 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  if (::bind(sockets->listening, any, size) != 0 || ::listen(sockets->listening, SOMAXCONN) != 0 ||
      ::getsockname(sockets->listening, any, &size) != 0) {
    return Unavailable(fmt::format("listening on 127.0.0.1: {}", std::strerror(errno)));
  }
  return std::unique_ptr<PostListener>(
      new PostListener(std::move(sockets), ntohs(address.sin_port), std::move(taken)));
}

PostListener::PostListener(std::unique_ptr<Sockets> sockets, uint16_t port, Taken taken)
    : sockets_(std::move(sockets)),
      port_(port),
      taken_(std::move(taken)),
      thread_([this] { Run(); }) {}

PostListener::~PostListener() {
  uint64_t one = 1;
  FW_CHECK(::write(sockets_->stop, &one, sizeof one) == sizeof one);
  thread_.join();
}

void PostListener::Run() {
  // A sender that is gone ends its connection, and not this program.
  std::signal(SIGPIPE, SIG_IGN);
  std::vector<pollfd> waits;
  while (true) {
    waits = {{sockets_->stop, POLLIN, 0}, {sockets_->listening, POLLIN, 0}};
    for (const auto& [socket, connection] : connections_) waits.push_back({socket, POLLIN, 0});
    if (::poll(waits.data(), waits.size(), -1) < 0) {
      FW_CHECK(errno == EINTR);
      continue;
    }
    if (waits[0].revents != 0) return;
    for (size_t i = 2; i < waits.size(); ++i) {
      if (waits[i].revents == 0) continue;
      auto connection = connections_.find(waits[i].fd);
      if (!Read(*connection->second)) connections_.erase(connection);
    }
    if (waits[1].revents != 0) Accept();
  }
}

void PostListener::Accept() {
  int socket = ::accept4(sockets_->listening, nullptr, nullptr, SOCK_CLOEXEC);
  if (socket < 0) return;
  int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  connections_[socket] = std::make_unique<Connection>(socket, sockets_->tls.get());
}

bool PostListener::Read(Connection& connection) {
  if (!connection.Receive()) return false;
  if (TakeRequests(connection, Seconds())) return true;
  ++refused_;
  connection.Send(kRefusal);
  return false;
}

// False when what came can be no request that we take.
bool PostListener::TakeRequests(Connection& connection, double at) {
  std::string& received = connection.received();
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
    connection.Send(kAnswer);
    taken_(body, at);
  }
  return true;
}

}  // namespace forewarn::bench
