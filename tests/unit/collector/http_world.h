#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "collector/http_server.h"
#include "tests/unit/collector/raw_client.h"

namespace forewarn {

// A server with a page, an echo and a door.
class HttpWorld : public testing::Test {
 protected:
  void Open(HttpOptions options = {}) {
    auto server =
        HttpServer::Open(options, {{"GET", "/hello",
                                    [](const HttpRequest&) {
                                      return HttpResponse{200, "hello world\n"};
                                    }},
                                   {"POST", "/echo",
                                    [](const HttpRequest& request) {
                                      return HttpResponse{200, request.query + "|" + request.body};
                                    }},
                                   Later()});
    ASSERT_TRUE(server.ok()) << server.status().ToString();
    server_ = *std::move(server);
  }

  // A door that answers when AnswerAll() says so, and lets in whoever shows a token.
  HttpRoute Later() {
    HttpRoute route{"POST", "/later"};
    route.admit = [](const HttpRequest& request) -> std::optional<HttpResponse> {
      if (request.authorization.starts_with("Bearer ") ||
          request.authorization.starts_with("BEARER ")) {
        return std::nullopt;
      }
      return HttpResponse{401, "who are you?\n", "text/plain", {{"WWW-Authenticate", "Bearer"}}};
    };
    route.later = [this](HttpRequest request, HttpReply reply) {
      std::lock_guard lock(mutex_);
      asked_.emplace_back(std::move(request), std::move(reply));
      came_.notify_all();
    };
    route.max_body_bytes = 100'000;
    return route;
  }
  // A door whose answers are longer than what the kernel takes of them while nobody reads.
  static constexpr size_t kLong = 16 << 20;
  static HttpRoute Long() {
    HttpRoute route{"GET", "/long"};
    route.admit = [](const HttpRequest&) { return std::nullopt; };
    route.later = [](const HttpRequest&, const HttpReply& reply) {
      reply({200, std::string(kLong, 'x')});
    };
    return route;
  }
  static std::string AskForLong(const std::string& who) {
    return "GET /long HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer " + who +
           "\r\n\r\n";
  }
  void AwaitRequests(size_t count) {
    std::unique_lock lock(mutex_);
    came_.wait(lock, [&] { return asked_.size() >= count; });
  }
  void AnswerAll() {
    std::lock_guard lock(mutex_);
    for (auto& [request, reply] : asked_) reply({200, request.body});
    asked_.clear();
  }

  std::string Ask(std::string_view request) {
    RawClient client(server_->address());
    client.Send(request);
    return client.ReadAll();
  }

  std::unique_ptr<HttpServer> server_;
  std::mutex mutex_;
  std::condition_variable came_;
  std::vector<std::pair<HttpRequest, HttpReply>> asked_;
};

}  // namespace forewarn
