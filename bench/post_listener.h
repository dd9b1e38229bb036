#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "base/status.h"

namespace forewarn::bench {

// The certificate of a listener, PEM files.
struct ListenerTls {
  std::string certificate_file;
  std::string key_file;
};

// The other end of webhooks: listens on a free port of this machine, takes HTTP/1.1 POSTs, over TLS or without, and answers
// each with 200 and nothing else, over one connection or many. A thread of its own waits for all of them, and notes the
// time before it looks at what came. It waits for the rest of a TLS record that has begun, and for a handshake, so its
// senders should be well-meaning.
class PostListener {
 public:
  // Called on the listener's thread: a body, and when its last byte was here (Seconds() of bench/timing.h).
  using Taken = std::function<void(const std::string& body, double at)>;

  // Without a certificate it speaks plain HTTP. kInvalidArgument when the certificate cannot be read.
  static StatusOr<std::unique_ptr<PostListener>> Open(const ListenerTls& tls, Taken taken);
  // Ends the thread; connections are closed.
  ~PostListener();
  PostListener(const PostListener&) = delete;
  PostListener& operator=(const PostListener&) = delete;

  uint16_t port() const { return port_; }
  // Requests so far that were no POST with a Content-Length of at most 16 MiB; each ended its connection.
  size_t refused() const { return refused_; }

 private:
  class Connection;
  struct Sockets;

  PostListener(std::unique_ptr<Sockets> sockets, uint16_t port, Taken taken);
  void Run();
  void Accept();
  // Takes what one connection sent; false when it is to be closed.
  bool Read(Connection& connection);
  bool TakeRequests(Connection& connection, double at);

  const std::unique_ptr<Sockets> sockets_;
  const uint16_t port_;
  const Taken taken_;

  std::atomic<size_t> refused_ = 0;
  std::map<int, std::unique_ptr<Connection>> connections_;  // the thread's own, by socket
  std::thread thread_;
};

}  // namespace forewarn::bench
