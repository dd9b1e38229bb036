#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>

#include "collector/authorization.h"
#include "collector/http_server.h"
#include "collector/http_shared.h"

namespace forewarn {

// The half of http_server.cc that is about one connection; included nowhere else, since Boost.Beast is heavy.

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

using PlainStream = beast::tcp_stream;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;

// One connection, on its own strand. Keeps itself alive through the operation that is under way, and
// through the reply that somebody owes.
template <typename Stream>
class HttpConnection : public std::enable_shared_from_this<HttpConnection<Stream>> {
 public:
  template <typename... Context>
  HttpConnection(tcp::socket socket, HttpShared& shared, Context&... context)
      : stream_(std::move(socket), context...), shared_(shared) {
    ++shared_.connections;
  }
  ~HttpConnection() {
    Busy();
    ReleaseBody();
    --shared_.connections;
  }

  void Start(bool too_many) {
    asio::dispatch(stream_.get_executor(),
                   [self = this->shared_from_this(), too_many] { self->Greet(too_many); });
  }

 private:
  static constexpr bool kIsTls = std::is_same_v<Stream, TlsStream>;

  void Greet(bool too_many) {
    error_code error;
    tcp::endpoint peer = Lowest().socket().remote_endpoint(error);
    is_private_ = kIsTls || (!error && peer.address().is_loopback());
    if (!too_many) Idle();
    if constexpr (kIsTls) {
      Lowest().expires_after(shared_.options.request_timeout);
      stream_.async_handshake(asio::ssl::stream_base::server,
                              [self = this->shared_from_this(), too_many](error_code error) {
                                if (error) return self->Lowest().close();
                                self->Begin(too_many);
                              });
    } else {
      Begin(too_many);
    }
  }

  beast::tcp_stream& Lowest() { return beast::get_lowest_layer(stream_); }

  // From now on it gives way to others, or no longer.
  void Idle() {
    if (idle_ != 0) return;
    idle_ = shared_.BecameIdle([weak = this->weak_from_this()] {
      auto self = weak.lock();
      if (self == nullptr) return;
      asio::post(self->stream_.get_executor(), [self] {
        if (self->idle_ != 0) self->Close();
      });
    });
  }
  void Busy() {
    if (idle_ != 0) shared_.BecameBusy(std::exchange(idle_, 0));
  }

  void Begin(bool too_many) {
    if (too_many) return TurnAway({503, "too many connections; try again later\n"});
    Read();
  }

  void Read() {
    Idle();
    if (served_ == 0 || buffer_.size() > 0) return ReadHeader();
    // The first byte may take its time on a kept connection; from then on the request has to come.
    Lowest().expires_after(shared_.options.idle_timeout);
    stream_.async_read_some(buffer_.prepare(kFirstBytes),
                            [self = this->shared_from_this()](error_code error, size_t size) {
                              if (error) return self->Close();
                              self->buffer_.commit(size);
                              self->ReadHeader();
                            });
  }

  void ReadHeader() {
    parser_.emplace();
    parser_->header_limit(static_cast<uint32_t>(shared_.options.max_header_bytes));
    parser_->body_limit(boost::none);  // known when the route is
    Lowest().expires_after(shared_.options.request_timeout);
    http::async_read_header(
        stream_, buffer_, *parser_,
        [self = this->shared_from_this()](error_code error, size_t) { self->HeaderRead(error); });
  }

  // Decides by the header alone whether the body is read.
  void HeaderRead(error_code error) {
    if (error) return ReadFailed(error);
    const auto& message = parser_->get();
    std::string_view target(message.target().data(), message.target().size());
    size_t mark = target.find('?');
    is_head_ = message.method() == http::verb::head;
    request_ = {};
    request_.method = is_head_ ? "GET" : std::string(message.method_string());
    request_.path = std::string(target.substr(0, mark));
    if (mark != std::string_view::npos) request_.query = std::string(target.substr(mark + 1));
    request_.content_type = std::string(message[http::field::content_type]);
    request_.content_encoding = std::string(message[http::field::content_encoding]);
    request_.authorization = std::string(message[http::field::authorization]);
    request_.is_private = is_private_;
    close_after_ = !message.keep_alive() || shared_.stopping;
    route_ = nullptr;
    if (IsEncoded(message)) {
      return TurnAway({501, "a body is taken plain or chunked, in no other Transfer-Encoding\n"});
    }
    refusal_ = FindHttpRoute(shared_, request_, route_);
    if (!refusal_ && route_->admit) {
      refusal_ = route_->admit(request_);
      if (!refusal_ && !Admit()) return TurnAway(TooMuch());
    }

    auto length = parser_->content_length();
    uint64_t limit = body_limit_ = BodyLimit();
    if (length && *length > limit) return TurnAway(TooLong());
    // What was turned away is not worth its body, unless that is so small that the connection is.
    if (refusal_ && (length ? *length > kWorthReading : parser_->chunked())) {
      return TurnAway(*std::move(refusal_));
    }
    parser_->body_limit(limit);
    parser_->eager(true);
    if (beast::iequals(message[http::field::expect], "100-continue")) return Continue();
    ReadBody();
  }

  // Whether the body was made something else for its way, which nobody here would undo.
  static bool IsEncoded(const http::request<http::string_body>& message) {
    int encodings = 0;
    for (const auto& field : message) {
      if (field.name() != http::field::transfer_encoding) continue;
      if (++encodings > 1 || !beast::iequals(field.value(), "chunked")) return true;
    }
    return false;
  }

  // A GET is asked for nothing that is long, and what is refused is only read to keep the connection.
  uint64_t BodyLimit() const {
    if (route_ != nullptr && route_->max_body_bytes > 0) {
      return static_cast<uint64_t>(route_->max_body_bytes);
    }
    if (route_ != nullptr && route_->method == "GET") return kWorthReading;
    return static_cast<uint64_t>(shared_.options.max_body_bytes);
  }

  // False when there is no place for it.
  bool Admit() {
    who_ = SecretOf(request_.authorization);  // what is around it may be spelt in many ways
    share_ = shared_.Admit(who_);
    if (share_ == nullptr) return false;
    Busy();
    return true;
  }

  void Continue() {
    continue_.emplace(http::status::continue_, 11);
    http::async_write(stream_, *continue_,
                      [self = this->shared_from_this()](error_code error, size_t) {
                        if (error) return self->Lowest().close();
                        self->ReadBody();
                      });
  }

  void ReadBody() {
    Lowest().expires_after(shared_.options.body_timeout);
    ReadMore();
  }
  void ReadMore() {
    if (parser_->is_done()) return Handle();
    http::async_read_some(stream_, buffer_, *parser_,
                          [self = this->shared_from_this()](error_code error, size_t) {
                            if (error) return self->ReadFailed(error);
                            if (!self->Reserve(self->parser_->get().body().size())) {
                              return self->TurnAway(TooMuch());
                            }
                            self->ReadMore();
                          });
  }

  // Makes room for what came of a body, as it comes: what is only promised takes none. And for the answer, when
  // the body is gone. Bodies of who was not admitted are short, and there are no more of them than connections.
  bool Reserve(uint64_t bytes, bool is_answer = false) {
    return share_ == nullptr ||
           shared_.Take(*share_, room_, static_cast<int64_t>(bytes), is_answer);
  }
  static HttpResponse TooMuch() {
    return {503,
            "too many requests are waiting; try again in a moment\n",
            "text/plain; charset=utf-8",
            {{"Retry-After", "1"}}};
  }

  HttpResponse TooLong() const {
    bool advised = route_ != nullptr && !route_->too_long.empty();
    return {413, fmt::format("the body is longer than {} bytes{}{}\n", body_limit_,
                             advised ? "; " : "", advised ? route_->too_long : "")};
  }

  void ReadFailed(error_code error) {
    if (error == http::error::header_limit) {
      return TurnAway({431, fmt::format("the header is longer than {} bytes\n",
                                        shared_.options.max_header_bytes)});
    }
    if (error == http::error::body_limit) return TurnAway(TooLong());
    // A connection that just ends, or stalls, has nobody left to tell.
    if (error.category() != beast::http::make_error_code(http::error::bad_method).category() ||
        error == http::error::end_of_stream || error == http::error::partial_message) {
      return Close();
    }
    is_head_ = false;
    TurnAway({400, "this is not an HTTP/1.1 request: " + error.message() + "\n"});
  }

  void Handle() {
    request_.body = std::move(parser_->get().body());
    Busy();
    if (!shared_.Begin()) return Close();
    answering_ = true;
    if (refusal_) return Reply(*std::move(refusal_));
    if (route_->handler) return Reply(route_->handler(request_));
    Lowest().expires_never();
    size_t size = request_.body.size();
    bool runs = shared_.run_later(
        share_ == nullptr ? "" : who_, size,
        [route = route_, request = std::move(request_), reply = ReplyLater()]() mutable {
          route->later(std::move(request), std::move(reply));
        });
    if (!runs) Reply(TooMuch());
  }

  // What may be called on any thread, and be kept for longer than the server lives: it lets go of the
  // connection when it is called, and the server does not end before that call has.
  HttpReply ReplyLater() {
    auto owner = std::make_shared<decltype(this->shared_from_this())>(this->shared_from_this());
    return [owner](HttpResponse response) {
      auto self = std::exchange(*owner, nullptr);
      HttpShared& shared = self->shared_;
      shared.Stay();
      {
        auto strand = self->stream_.get_executor();
        asio::post(strand, [self = std::move(self), response = std::move(response)]() mutable {
          self->Reply(std::move(response));
        });
      }
      shared.End();
    };
  }

  // An answer after which the connection is of no use, since what follows was not read.
  void TurnAway(HttpResponse response) {
    turned_away_ = true;
    close_after_ = true;
    Reply(std::move(response));
  }

  void Reply(HttpResponse answer) {
    if (share_ == nullptr) Idle();  // who does not read the answer gives way, too
    const bool is_long = !is_head_ && answer.body.size() > kShortAnswer;
    if (is_long && !Reserve(answer.body.size(), true)) answer = TooMuch();
    response_.emplace(static_cast<http::status>(answer.status), 11);
    response_->set(http::field::server, "forewarn");
    if (answer.status != 204) response_->set(http::field::content_type, answer.content_type);
    response_->set("X-Content-Type-Options", "nosniff");
    for (const auto& [name, value] : answer.headers) response_->set(name, value);
    response_->keep_alive(!close_after_);
    response_->body() = std::move(answer.body);
    response_->prepare_payload();
    if (is_head_) response_->body().clear();  // the length stays that of the whole
    Lowest().expires_after(shared_.options.request_timeout + TimeFor(response_->body().size()));
    if (answering_) shared_.Leaves();
    auto done = [self = this->shared_from_this()](error_code error, size_t) {
      self->Written(error);
    };
    if (is_head_) {
      header_.emplace(*response_);
      http::async_write_header(stream_, *header_, std::move(done));
    } else {
      http::async_write(stream_, *response_, std::move(done));
    }
  }

  // How much longer so many bytes may take to leave: a slow reader gets them all, and one that stalls is cut.
  Duration TimeFor(size_t bytes) const {
    return Duration(static_cast<int64_t>(bytes) * 1000 / shared_.options.slowest_reader);
  }

  void Written(error_code error) {
    header_.reset();
    response_.reset();
    ReleaseBody();
    if (answering_) shared_.Left();
    answering_ = false;
    ++served_;
    if (error || shared_.stopping) return Close();
    if (turned_away_) return Drain();
    if (close_after_) return Close();
    Read();
  }

  // Closing with bytes unread would reset the connection, and the client might never see its answer.
  void Drain() {
    Idle();
    error_code ignored;
    Lowest().socket().shutdown(tcp::socket::shutdown_send, ignored);
    Lowest().expires_after(kDrainPatience);
    DrainMore(kDrainBytes);
  }
  void DrainMore(size_t left) {
    Lowest().async_read_some(asio::buffer(drained_), [self = this->shared_from_this(), left](
                                                         error_code error, size_t size) {
      if (error || size >= left || self->shared_.stopping) return self->Close();
      self->DrainMore(left - size);
    });
  }

  void ReleaseBody() {
    request_ = {};
    if (share_ == nullptr) return;
    shared_.GiveBack(*std::exchange(share_, nullptr), who_, std::exchange(room_, {}));
  }

  void Close() {
    error_code ignored;
    Lowest().socket().shutdown(tcp::socket::shutdown_send, ignored);
    Lowest().close();
  }

  static constexpr size_t kFirstBytes = 4096;
  static constexpr uint64_t kWorthReading = 64 << 10;
  // Always finds room: what was done must not be answered with `come again`, or it would be done twice.
  static constexpr size_t kShortAnswer = 64 << 10;
  static constexpr size_t kDrainBytes = 1 << 20;
  static constexpr Duration kDrainPatience = 2s;

  Stream stream_;
  HttpShared& shared_;
  bool is_private_ = false;

  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  std::optional<http::response<http::empty_body>> continue_;
  std::optional<http::response<http::string_body>> response_;
  std::optional<http::response_serializer<http::string_body>> header_;
  HttpRequest request_;
  const HttpRoute* route_ = nullptr;
  std::optional<HttpResponse> refusal_;
  uint64_t body_limit_ = 0;
  HttpShared::Share* share_ = nullptr;  // what who_ has; null: it was not admitted
  std::string who_;
  HttpShared::Room room_;
  bool is_head_ = false;
  bool close_after_ = false;
  bool turned_away_ = false;
  bool answering_ = false;
  uint64_t idle_ = 0;  // its number among the idle; 0: it is not
  uint64_t served_ = 0;
  char drained_[4096];
};

}  // namespace forewarn
