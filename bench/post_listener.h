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

// The other end of webhooks: listens on a free port of this machine, takes HTTP/1.1 POSTs and answers each with 200
// and nothing else, over one connection or many. A thread of its own waits for all of them, and notes the time before
// it looks at what came, so that what it costs is not in what is measured.
class PostListener {
 public:
  // Called on the listener's thread: a body, and when its last byte was here (Seconds() of bench/timing.h).
  using Taken = std::function<void(const std::string& body, double at)>;

  static StatusOr<std::unique_ptr<PostListener>> Open(Taken taken);
  // Ends the thread; connections are closed.
  ~PostListener();
  PostListener(const PostListener&) = delete;
  PostListener& operator=(const PostListener&) = delete;

  uint16_t port() const { return port_; }
  // Requests so far that were no POST with a Content-Length of at most 16 MiB; each ended its connection.
  size_t refused() const { return refused_; }

 private:
  PostListener(int listening, int stop, uint16_t port, Taken taken);
  void Run();
  void Accept();
  // Takes what one connection sent; false when it is to be closed.
  bool Read(int connection, std::string& received);
  bool TakeRequests(int connection, std::string& received, double at);

  const int listening_;
  const int stop_;  // readable: the thread is to end
  const uint16_t port_;
  const Taken taken_;

  std::atomic<size_t> refused_ = 0;
  std::map<int, std::string> connections_;  // the thread's own: what came and is not yet a request
  std::thread thread_;
};

}  // namespace forewarn::bench
